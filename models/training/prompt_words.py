"""The prompt reader's vocabulary: BERT's English word pieces, and pieces for the prompts that it lacks words for.

A new piece begins as the mean of the English pieces that it is aligned with in translated prompts (IBM Model 1: Brown et
al., The Mathematics of Statistical Machine Translation, 1993), so that what is learnt in English holds in other languages
from the start; one that no translation holds begins as the mean of the pieces that it was made of.
"""
import json

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.trainers import WordPieceTrainer

PIECES, SEEN = 16000, 3    # most pieces that are learnt, and how often one is seen at least
ROUNDS = 10                # of expectation and maximisation
NOTHING = '[PAD]'          # what a piece goes with that no English piece explains


def english_tokenizer(folder):
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def extended(english, texts):
    """The English tokenizer with the pieces of the texts added behind its own."""
    learner = Tokenizer(WordPiece(unk_token='[UNK]'))
    learner.normalizer, learner.pre_tokenizer = english.normalizer, english.pre_tokenizer
    learner.train_from_iterator(texts, WordPieceTrainer(vocab_size=PIECES, min_frequency=SEEN, show_progress=False))
    form = json.loads(english.to_str())
    vocabulary = form['model']['vocab']
    for piece in sorted(learner.get_vocab()):
        vocabulary.setdefault(piece, len(vocabulary))
    return Tokenizer.from_str(json.dumps(form))


def aligned(pairs, vocabulary):
    """pairs [(ids of a translation, ids of its English)] -> pieces, English pieces, and how much of the one the other explains."""
    nothing = vocabulary[NOTHING]
    these = [(np.array(a), np.array([nothing, *b])) for a, b in pairs]
    foreign = np.concatenate([np.repeat(a, len(b)) for a, b in these])
    english = np.concatenate([np.tile(b, len(a)) for a, b in these])
    # One number for each place of a translation: over its English pieces the shares are one.
    sizes = np.concatenate([np.full(len(a), len(b)) for a, b in these])
    place = np.repeat(np.arange(len(sizes)), sizes)
    both, index = np.unique(foreign.astype(np.int64) * len(vocabulary) + english, return_inverse=True)
    rows, columns = both // len(vocabulary), both % len(vocabulary)
    chance = np.ones(len(both))
    for _ in range(ROUNDS):
        each = chance[index]
        count = np.bincount(index, each / np.bincount(place, each)[place])
        chance = count / np.bincount(columns, count)[columns]
    return rows, columns, count / np.bincount(rows, count)[rows]


def begun(vectors, english, tokenizer, pairs):
    """Vectors [old + new, width] from those of the English pieces; pairs: [(translation, English)]."""
    old, width = vectors.shape
    vocabulary = tokenizer.get_vocab()
    new = np.zeros((len(vocabulary) - old, width), np.float32)
    inner = [(tokenizer.encode(text).ids[1:-1], english.encode(meaning).ids[1:-1]) for text, meaning in pairs]
    rows, columns, shares = aligned([(a, b) for a, b in inner if a and b], vocabulary)
    keep = (rows >= old) & (columns != vocabulary[NOTHING])
    np.add.at(new, rows[keep] - old, shares[keep, None] * vectors[columns[keep]])
    length = np.linalg.norm(vectors, axis=1).mean()
    for piece, i in vocabulary.items():
        if i < old:
            continue
        if not new[i - old].any():
            known = english.encode(piece.removeprefix('##')).ids[1:-1]
            new[i - old] = vectors[known].mean(0) if known else vectors.mean(0)
        new[i - old] *= length / max(np.linalg.norm(new[i - old]), 1e-6)
    return np.concatenate([vectors, new])
