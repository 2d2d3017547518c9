"""Where observation meets decision."""
