"""Laws that hold for any input, checked against inputs that hypothesis makes up."""
