"""Starting machines from an image: El Torito on a CD, an MBR and a GPT on a disk."""
