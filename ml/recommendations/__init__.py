"""Recommendations and similar products: three methods, compared by what users bought later."""
