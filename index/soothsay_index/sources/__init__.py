"""What can be indexed, one file a kind. ``base`` says what a source is, ``registry`` finds them."""
