"""How each promised effect is carried out: read what is true, call the vendor, write down what it said. One file a vendor."""
