"""One module at a time, against fakes that keep the port's promises."""
