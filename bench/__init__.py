"""How fast the program is: its inputs, its peers and its table. Standard library only."""
