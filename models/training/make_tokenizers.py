"""The two tokenizers: byte-level BPE with end-of-word marks as CLIP has, and Unigram with metaspace as T5 has.

Both are learned once from generated prompts (misspelt ones too) and hold every letter, so any text can be spelt.
Ids: CLIP [bos, tokens, eos, eos, …], T5 [tokens, eos, 0, 0, …], both LENGTH long.
"""
import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

LENGTH = 40
VOCABULARY = 1024
BOS, EOS = '<|startoftext|>', '<|endoftext|>'


def make_clip(corpus):
    tokenizer = Tokenizer(models.BPE(unk_token=EOS, end_of_word_suffix='</w>', continuing_subword_prefix=''))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r'\s+'), ' '), normalizers.Lowercase()])
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), 'removed', invert=True), pre_tokenizers.ByteLevel(False)])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY - 2, initial_alphabet=alphabet, end_of_word_suffix='</w>',
                                  show_progress=False)
    words = corpus + sorted(alphabet)
    tokenizer.train_from_iterator(words, trainer)
    spec = json.loads(tokenizer.to_str())
    vocabulary = spec['model']['vocab']
    for letter in sorted(alphabet):  # every byte must also exist at the end of a word
        vocabulary.setdefault(letter, len(vocabulary))
        vocabulary.setdefault(letter + '</w>', len(vocabulary))
    bos, eos = len(vocabulary), len(vocabulary) + 1
    vocabulary[BOS], vocabulary[EOS] = bos, eos
    special = {'single_word': False, 'lstrip': False, 'rstrip': False, 'normalized': False, 'special': True}
    spec['added_tokens'] = [{'id': bos, 'content': BOS, **special}, {'id': eos, 'content': EOS, **special}]
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f'{BOS} $A {EOS}', special_tokens=[(BOS, bos), (EOS, eos)])
    return tokenizer


def make_t5(corpus):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r'\s+'), ' '),
         normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement='▁', prepend_scheme='always')
    tokenizer.decoder = decoders.Metaspace(replacement='▁', prepend_scheme='always')
    letters = [chr(c) for c in range(33, 127)]
    trainer = trainers.UnigramTrainer(vocab_size=VOCABULARY, special_tokens=['<pad>', '</s>', '<unk>'],
                                      unk_token='<unk>', initial_alphabet=letters, show_progress=False)
    tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single='$A </s>', special_tokens=[('</s>', 1)])
    return tokenizer


class Tokenizers:
    """Both tokenizers of a model folder."""

    def __init__(self, model):
        self.clip = Tokenizer.from_file(f'{model}/tokenizer/tokenizer.json')
        self.t5 = Tokenizer.from_file(f'{model}/tokenizer_2/tokenizer.json')
        self.bos, self.eos = self.clip.token_to_id(BOS), self.clip.token_to_id(EOS)

    def clip_ids(self, text):
        ids = self.clip.encode(text).ids
        ids = ids if len(ids) <= LENGTH else [*ids[:LENGTH - 1], self.eos]
        return ids + [self.eos] * (LENGTH - len(ids))

    def t5_ids(self, text):
        ids = self.t5.encode(text).ids
        ids = ids if len(ids) <= LENGTH else [*ids[:LENGTH - 1], 1]
        return ids + [0] * (LENGTH - len(ids))


def write(model, corpus):
    for folder, tokenizer, config in (
            ('tokenizer', make_clip(corpus), {
                'tokenizer_class': 'CLIPTokenizer', 'bos_token': BOS, 'eos_token': EOS, 'pad_token': EOS,
                'unk_token': EOS, 'do_lower_case': True, 'model_max_length': LENGTH}),
            ('tokenizer_2', make_t5(corpus), {
                'tokenizer_class': 'T5TokenizerFast', 'eos_token': '</s>', 'pad_token': '<pad>',
                'unk_token': '<unk>', 'extra_ids': 0, 'model_max_length': LENGTH})):
        path = Path(model) / folder
        path.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(path / 'tokenizer.json'))
        (path / 'tokenizer_config.json').write_text(json.dumps(config, indent=2) + '\n')


if __name__ == '__main__':
    import argparse

    from chance import Chance
    from prompts import random_sentence
    p = argparse.ArgumentParser(description='Learns the tokenizers. Do it once: the text encoders depend on the ids.')
    p.add_argument('--model', default='../pentimento-mini')
    a = p.parse_args()
    chance = Chance(11, 'cpu')
    write(a.model, [random_sentence(chance)[0] for _ in range(40000)])
