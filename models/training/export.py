"""Writes the checkpoint's average as a model folder in the diffusers layout, float16, and reads such a folder back.

  python export.py                 checkpoint/ -> ../pentimento-mini (tokenizers and VAE are there already)
  python export.py --checkpoint EARLIER LATER      the mean of two checkpoints, or model folders, of one training
"""
import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load, load_file

from make_tokenizers import Tokenizers
from mini import SHIFT, TRANSFORMER, Mini, text_configs
from model_files import write_json, write_tensors

FILES = {'transformer': 'transformer/diffusion_pytorch_model.safetensors', 'clip': 'text_encoder/model.safetensors',
         't5': 'text_encoder_2/model.safetensors'}
INDEX = {
    '_class_name': 'FluxKontextPipeline', '_diffusers_version': '0.34.0', 'feature_extractor': [None, None],
    'image_encoder': [None, None], 'scheduler': ['diffusers', 'FlowMatchEulerDiscreteScheduler'],
    'text_encoder': ['transformers', 'CLIPTextModel'], 'text_encoder_2': ['transformers', 'T5EncoderModel'],
    'tokenizer': ['transformers', 'CLIPTokenizer'], 'tokenizer_2': ['transformers', 'T5TokenizerFast'],
    'transformer': ['diffusers', 'FluxTransformer2DModel'], 'vae': ['diffusers', 'AutoencoderKL']}
SCHEDULER = {
    '_class_name': 'FlowMatchEulerDiscreteScheduler', '_diffusers_version': '0.34.0', **SHIFT,
    'invert_sigmas': False, 'num_train_timesteps': 1000, 'shift': 3.0, 'shift_terminal': None,
    'stochastic_sampling': False, 'time_shift_type': 'exponential', 'use_beta_sigmas': False,
    'use_dynamic_shifting': True, 'use_exponential_sigmas': False, 'use_karras_sigmas': False}


def average_of(checkpoint):
    """The averaged weights of a checkpoint, without the throw-away heads, or those of a model folder; the facts of its training."""
    folder = Path(checkpoint)
    if not (folder / 'state.json').exists():
        return {f'{part}.{k}': v for part, file in FILES.items() for k, v in load_file(folder / file).items()}, facts_of(folder)
    facts = json.loads((folder / 'state.json').read_text())
    tensors = load(b''.join((folder / f'part-{i}.bin').read_bytes() for i in range(facts['parts'])))
    return {k[8:]: v for k, v in tensors.items() if k.startswith('average/') and 'head' not in k.split('.')[0]}, facts


def mean_of(checkpoints, last=None):
    """The mean of the averaged weights of checkpoints of one training, the last with that share, and its facts."""
    tensors, facts = zip(*(average_of(c) for c in checkpoints))
    others = len(tensors) - 1
    last = 1 / len(tensors) if last is None or not others else last
    shares = [(1 - last) / max(1, others)] * others + [last]
    return {k: sum(share * t[k].float() for share, t in zip(shares, tensors)) for k in tensors[-1]}, facts[-1]


def export(checkpoints, model, last=None):
    tensors, facts = mean_of(checkpoints, last)
    for part, file in FILES.items():
        write_tensors(f'{model}/{file}', {k[len(part) + 1:]: v for k, v in tensors.items() if k.startswith(part + '.')},
                      {k: facts[k] for k in ('step', 'samples', 'minutes')} if part == 'transformer' else {})
    tokenizers = Tokenizers(model)
    clip, t5 = text_configs(tokenizers.clip.get_vocab_size(), tokenizers.t5.get_vocab_size())
    write_json(f'{model}/text_encoder/config.json', clip)
    write_json(f'{model}/text_encoder_2/config.json', t5)
    write_json(f'{model}/transformer/config.json', TRANSFORMER)
    write_json(f'{model}/scheduler/scheduler_config.json', SCHEDULER)
    write_json(f'{model}/model_index.json', INDEX)
    return facts


def facts_of(model):
    """How long the model in this folder was trained: step, samples, minutes."""
    with safe_open(f"{model}/{FILES['transformer']}", 'pt') as file:
        return json.loads((file.metadata() or {}).get('training', '{}'))


def load_mini(model):
    """A Mini with the folder's configurations and weights, float32."""
    def config(part):
        return json.loads(Path(f'{model}/{part}/config.json').read_text())

    mini = Mini(config('text_encoder'), config('text_encoder_2'), config('transformer'))
    for part, file in FILES.items():
        tensors = {k: v.float() for k, v in load_file(f'{model}/{file}').items()}
        getattr(mini, part).load_state_dict(tensors)
    return mini.eval().requires_grad_(False)


if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--checkpoint', nargs='+', default=['checkpoint'])
    p.add_argument('--last', type=float, help='share of the last of several, 0 to 1; by default all count alike')
    p.add_argument('--model', default='../pentimento-mini')
    a = p.parse_args()
    facts = export(a.checkpoint, a.model, a.last)
    size = sum(f.stat().st_size for f in Path(a.model).rglob('*.safetensors'))
    print(f"{facts['samples']} samples, {facts['step']} steps; {size / 1e6:.1f} MB of tensors")
