"""A source's contract: which rows of bronze are valid, and how they become rows of silver.

`conform` types every row and says what is wrong with it, `outcome` gives what silver takes and what is quarantined;
`repeats` finds rows with repeated keys beforehand. `parsing`, `pseudonyms` and `reasons` hold the pieces. `provenance` needs no
Spark: it is part of the declarations of the silver tables.
"""
