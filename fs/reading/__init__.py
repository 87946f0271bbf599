"""Reading what lies on a disc or in an image: ISO 9660 with Rock Ridge, Joliet, UDF.

The reader believes nothing: no length, no pointer, no checksum. What is odd becomes a `Note` and the rest is read on;
work and memory are bounded by the size of the medium, whatever its bytes say.
"""
