"""Tests of the cards, and the samples that the golden cards and the gallery are made of."""
