"""Reading UDF 1.02 to 2.60 (ECMA-167 and the OSTA rules over it)."""
