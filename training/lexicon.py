"""Compile the lexicon of the search: python -m training.lexicon."""

import numpy as np

from index.words import Analyser
from search.lexicon import COMPILED, compile_lexicon

if __name__ == "__main__":
    np.save(COMPILED, compile_lexicon(Analyser()), allow_pickle=False)
