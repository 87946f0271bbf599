"""Windows: what its drives are called, how they are opened, and what it says of them."""
