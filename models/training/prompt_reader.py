"""Trains the prompt reader: a small language model that tells how likely a prompt breaks a rule.

  python prompt_reader.py train MINILM --weights reader.pt
  python prompt_reader.py export --weights reader.pt --folder ../prompt-reader

MINILM is a folder with sentence-transformers/all-MiniLM-L6-v2 (Apache 2.0; model.safetensors, tokenizer.json), whose first
layers are trained on; its word vectors stay as they are, those of other languages (prompt_words.py) are trained. An hour
on one CPU core. `export` needs the package onnx: weights and word vectors become bytes, with one scale for each row, and
products are made in whole numbers. Training rounds as they do, so that it learns to bear it.
"""
import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer

from prompt_words import begun, english_tokenizer, extended

LAYERS, WIDTH, HEADS, WORDS, POSITIONS = 4, 384, 12, 30522, 512   # WORDS: MiniLM's own
EPSILON = 1e-12
LARGEST = 90       # of a weight in bytes: sums of pairs overflow beyond it on processors without VNNI
IDS = 128          # of one window; text-classifier.ts reads what is longer in several
BATCH, EPOCHS, RATE, RATE_FRESH = 32, 2, 1e-4, 1e-3   # RATE_FRESH: of what MiniLM does not have
JOINED, MISSPELT = .2, .12   # shares of prompts that get another one as a second sentence, or a slip of the finger
NAMES = {'q': 'attention.self.query', 'k': 'attention.self.key', 'v': 'attention.self.value',
         'o': 'attention.output.dense', 'n1': 'attention.output.LayerNorm', 'up': 'intermediate.dense',
         'down': 'output.dense', 'n2': 'output.LayerNorm'}


def rounded(x, step):
    """Whole multiples of step; the gradient passes as if nothing had happened."""
    return x + (torch.round(x / step) * step - x).detach()


def in_whole_numbers(linear, x, there):
    """What the exported graph computes: weights in bytes with a scale for each row, inputs in bytes with one scale for all
    of a prompt. there [n, t, 1]: 1 where an id is."""
    seen = (x * there).detach()
    span = seen.amax((1, 2), keepdim=True).clamp(min=0) - seen.amin((1, 2), keepdim=True).clamp(max=0)
    scale = linear.weight.detach().abs().amax(1, keepdim=True).clamp(min=1e-8) / LARGEST
    return F.linear(rounded(x, span.clamp(min=1e-8) / 255), rounded(linear.weight, scale), linear.bias)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.n1, self.n2 = (nn.LayerNorm(WIDTH, eps=EPSILON) for _ in range(2))
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.drop = nn.Dropout(.1)

    def forward(self, x, mask, there):
        n, t, _ = x.shape
        q, k, v = (in_whole_numbers(linear, x, there).view(n, t, HEADS, -1).transpose(1, 2)
                   for linear in (self.q, self.k, self.v))
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(n, t, WIDTH)
        x = self.n1(x + self.drop(in_whole_numbers(self.o, seen, there)))
        up = F.gelu(in_whole_numbers(self.up, x, there))
        return self.n2(x + self.drop(in_whole_numbers(self.down, up, there)))


class Reader(nn.Module):
    """BERT's first layers, the mean over the ids, and one output for "breaks a rule" and one for each category."""

    def __init__(self, categories, words):
        super().__init__()
        self.word, self.fresh = nn.Embedding(WORDS, WIDTH), nn.Embedding(words - WORDS, WIDTH)
        self.pos = nn.Embedding(POSITIONS, WIDTH)
        self.typ = nn.Parameter(torch.zeros(WIDTH))
        self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.drop = nn.Dropout(.1)
        self.head = nn.Linear(WIDTH, 1 + categories)

    def begin(self, folder, english, tokenizer, pairs):
        """From MiniLM's weights; pairs: [(translation, English)]."""
        w = {k.removeprefix('bert.'): v.float() for k, v in load_file(folder / 'model.safetensors').items()}
        with torch.no_grad():
            vectors = begun(w['embeddings.word_embeddings.weight'].numpy(), english, tokenizer, pairs)
            self.word.weight.copy_(torch.from_numpy(vectors[:WORDS]))
            self.fresh.weight.copy_(torch.from_numpy(vectors[WORDS:]))
            self.pos.weight.copy_(w['embeddings.position_embeddings.weight'])
            self.typ.copy_(w['embeddings.token_type_embeddings.weight'][0])
            for part in ('weight', 'bias'):
                getattr(self.norm, part).copy_(w[f'embeddings.LayerNorm.{part}'])
                for i, layer in enumerate(self.layers):
                    for own, theirs in NAMES.items():
                        getattr(getattr(layer, own), part).copy_(w[f'encoder.layer.{i}.{theirs}.{part}'])

    def forward(self, ids, mask):
        words = torch.where((ids < WORDS)[:, :, None], self.word(ids.clamp(max=WORDS - 1)),
                            self.fresh((ids - WORDS).clamp(min=0)))
        x = self.norm(words + self.pos.weight[:ids.shape[1]] + self.typ)
        bias = torch.where(mask[:, None, None, :], 0., -1e9)
        there = mask[:, :, None].float()
        for layer in self.layers:
            x = layer(x, bias, there)
        return self.head(self.drop((x * there).sum(1) / there.sum(1)))


def read_set(path):
    """-> [(category or None, prompt, the same in English or '')]: `LABEL prompt`, perhaps with a tab and English behind."""
    lines = [line.rstrip('\n') for line in open(path, encoding='utf-8')]
    rows = [line.partition(' ') for line in lines if line.strip() and not line.startswith('//')]
    return [(None if label == '-' else label, *rest.partition('\t')[::2]) for label, _, rest in rows]


def ids_of(tokenizer, prompts):
    """-> ids [n, longest], mask"""
    rows = [tokenizer.encode(prompt).ids[:IDS] for prompt in prompts]
    most = max(map(len, rows))
    return (torch.tensor([row + [0] * (most - len(row)) for row in rows]),
            torch.tensor([[True] * len(row) + [False] * (most - len(row)) for row in rows]))


def batches(lengths):
    """Indices in batches of prompts of about the same length, shuffled."""
    order = random.sample(range(len(lengths)), len(lengths))
    rows = []
    for i in range(0, len(order), 16 * BATCH):
        alike = sorted(order[i:i + 16 * BATCH], key=lambda j: lengths[j])
        rows += [alike[k:k + BATCH] for k in range(0, len(alike), BATCH)]
    random.shuffle(rows)
    return rows


def misspelt(prompt):
    """One letter left out, doubled or exchanged with the next."""
    i = random.randrange(max(1, len(prompt) - 1))
    a, b = prompt[i:i + 1], prompt[i + 1:i + 2]
    return prompt[:i] + random.choice([b, a + a + b, b + a]) + prompt[i + 2:]


def varied(prompts, answers, j):
    """Prompt j as it is seen this time, with its answer: a violation among innocent sentences stays one."""
    prompt, answer = prompts[j][1], answers[j]
    if random.random() < JOINED:
        k = random.randrange(len(prompts))
        pair = random.sample([prompt, prompts[k][1]], 2)
        prompt, answer = random.choice(['. ', ', ', ' ']).join(pair), torch.maximum(answer, answers[k])
    return misspelt(prompt) if random.random() < MISSPELT else prompt, answer


def train(a):
    torch.manual_seed(a.seed)
    random.seed(a.seed)
    prompts = [row for path in a.prompts for row in read_set(path)]
    english = english_tokenizer(a.minilm)
    tokenizer = extended(english, [prompt for _, prompt, _ in prompts])
    categories = sorted({category for category, *_ in prompts if category})
    model = Reader(len(categories), tokenizer.get_vocab_size())
    model.begin(a.minilm, english, tokenizer, [row[1:] for row in prompts if row[2]])
    answers = torch.zeros(len(prompts), 1 + len(categories))
    for i, (category, *_) in enumerate(prompts):
        if category:
            answers[i, 0] = answers[i, 1 + categories.index(category)] = 1
    for fixed in (model.word, model.pos):
        fixed.requires_grad_(False)
    fresh = [*model.head.parameters(), *model.fresh.parameters()]
    body = [p for p in model.parameters() if p.requires_grad and all(p is not one for one in fresh)]
    rates = [RATE_FRESH, RATE]
    optimiser = torch.optim.AdamW([{'params': fresh}, {'params': body}], weight_decay=.01)
    step, total = 0, EPOCHS * len(batches([0] * len(prompts)))
    for _ in range(EPOCHS):
        seen, answered = zip(*(varied(prompts, answers, j) for j in range(len(prompts))))
        for batch in batches([len(tokenizer.encode(prompt).ids) for prompt in seen]):
            for group, rate in zip(optimiser.param_groups, rates):
                group['lr'] = rate * min(1, (step + 1) / 60) * (1 - step / total)
            out, answer = model(*ids_of(tokenizer, [seen[j] for j in batch])), torch.stack([answered[j] for j in batch])
            loss = (F.binary_cross_entropy_with_logits(out[:, 0], answer[:, 0])
                    + 1.5 * F.binary_cross_entropy_with_logits(out[:, 1:], answer[:, 1:]))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            step += 1
            if step % 50 == 0:
                print(f'step {step} of {total}: {float(loss.detach()):.3f}', flush=True)
    torch.save({'state': model.state_dict(), 'tokenizer': tokenizer.to_str(), 'labels': ['VIOLATION', *categories]}, a.weights)


def export(a):
    """Writes model.onnx: input_ids [1, ids] -> logits [1, labels]. No mask: one prompt at a time, and nothing padded."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    trained = torch.load(a.weights)
    state = {k: v.numpy() for k, v in trained['state'].items()}
    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(array, name))
        return name

    def node(op, inputs, **attributes):
        name = f'{op}_{len(nodes)}'
        nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def given(name):
        return constant(name, state[name])

    def number(name, value):
        return constant(name, np.array(value, np.float32))

    def in_bytes(array, largest=127):
        """Rows as int8 and their scales."""
        scale = np.maximum(np.abs(array).max(1, keepdims=True), 1e-8).astype(np.float32) / largest
        return np.round(array / scale).astype(np.int8), scale

    def stored(name, rows, scale):
        return constant(f'{name}.int8', rows), constant(f'{name}.scale', scale)

    def linear(x, name):
        rows, scale = in_bytes(state[f'{name}.weight'], LARGEST)
        rows, scale = stored(name, rows.T.copy(), scale[:, 0].copy())
        values, step, zero = (f'{name}.{part}' for part in ('values', 'step', 'zero'))
        nodes.append(helper.make_node('DynamicQuantizeLinear', [x], [values, step, zero]))
        sums = node('Cast', [node('MatMulInteger', [values, rows, zero])], to=TensorProto.FLOAT)
        return node('Add', [node('Mul', [sums, node('Mul', [step, scale])]), given(f'{name}.bias')])

    def norm(x, name):
        return node('LayerNormalization', [x, given(f'{name}.weight'), given(f'{name}.bias')], axis=-1, epsilon=EPSILON)

    def whole(*numbers):
        return constant(f'whole_{len(constants)}', np.array(numbers, np.int64))

    ids = node('Squeeze', ['input_ids', whole(0)])
    rows, scale = stored('word', *in_bytes(np.concatenate([state['word.weight'], state['fresh.weight']])))
    found = node('Cast', [node('Gather', [rows, ids])], to=TensorProto.FLOAT)
    words = node('Mul', [found, node('Gather', [scale, ids])])
    places = constant('places', (state['pos.weight'] + state['typ'])[:IDS])
    places = node('Slice', [places, whole(0), node('Shape', [ids]), whole(0)])
    x = norm(node('Add', [words, places]), 'norm')
    heads = whole(-1, HEADS, WIDTH // HEADS)
    for i in range(LAYERS):
        q, k, v = (node('Reshape', [linear(x, f'layers.{i}.{part}'), heads]) for part in 'qkv')
        q, v = (node('Transpose', [y], perm=[1, 0, 2]) for y in (q, v))
        scores = node('Mul', [node('MatMul', [q, node('Transpose', [k], perm=[1, 2, 0])]),
                              number(f'root_{i}', (WIDTH // HEADS) ** -.5)])
        seen = node('Transpose', [node('MatMul', [node('Softmax', [scores], axis=-1), v])], perm=[1, 0, 2])
        seen = linear(node('Reshape', [seen, whole(-1, WIDTH)]), f'layers.{i}.o')
        x = norm(node('Add', [x, seen]), f'layers.{i}.n1')
        up = node('Gelu', [linear(x, f'layers.{i}.up')])
        x = norm(node('Add', [x, linear(up, f'layers.{i}.down')]), f'layers.{i}.n2')
    mean = node('ReduceMean', [x, whole(0)], keepdims=1)
    head = node('MatMul', [mean, constant('head', state['head.weight'].T.copy())])
    nodes.append(helper.make_node('Add', [head, constant('head.bias', state['head.bias'])], ['logits']))
    inputs = [helper.make_tensor_value_info('input_ids', TensorProto.INT64, [1, 'ids'])]
    outputs = [helper.make_tensor_value_info('logits', TensorProto.FLOAT, [1, len(trained['labels'])])]
    graph = helper.make_graph(nodes, 'prompt-reader', inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 21)], ir_version=10)
    onnx.checker.check_model(model)
    a.folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, a.folder / 'model.onnx')
    config = {'id2label': dict(enumerate(trained['labels'])), 'problem_type': 'multi_label_classification'}
    (a.folder / 'config.json').write_text(json.dumps(config, indent=2) + '\n')
    Tokenizer.from_str(trained['tokenizer']).save(str(a.folder / 'tokenizer.json'), pretty=False)


if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('task', choices=['train', 'export'])
    p.add_argument('minilm', type=Path, nargs='?')
    p.add_argument('--prompts', type=Path, nargs='+',
                   default=[Path('../../eval/moderation') / name for name in ('tuning.txt', 'translations.txt')])
    p.add_argument('--weights', type=Path, default=Path('reader.pt'))
    p.add_argument('--folder', type=Path, default=Path('../prompt-reader'))
    p.add_argument('--threads', type=int, default=1)
    p.add_argument('--seed', type=int, default=0)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    {'train': train, 'export': export}[a.task](a)
