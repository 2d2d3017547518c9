"""Vaults that hold the values of the contract: whether an entry is as it has to be."""
