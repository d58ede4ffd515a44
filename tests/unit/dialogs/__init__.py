"""What words and presses become: pure, over tables."""
