"""AutoencoderKL in the diffusers form (tensor names included), without mid-block attention and quant convolutions.

Pixels [n, 3, H, W] in -1…1, latents [n, 16, H/8, W/8]. The encoder gives 16 means and 16 log-variances;
the model uses the means only.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

LATENT_CHANNELS = 16


class GroupNorm(nn.GroupNorm):
    """While it is `paired`, the second half of a batch is normalised by the statistics of the first."""

    paired = False

    def forward(self, x):
        if not self.paired:
            return super().forward(x)
        groups = x.float().unflatten(1, (self.num_groups, -1))
        variance, mean = torch.var_mean(groups[:len(x) // 2], (2, 3, 4), correction=0, keepdim=True)
        y = (groups - torch.cat([mean, mean])) * torch.rsqrt(torch.cat([variance, variance]) + self.eps)
        return (y.flatten(1, 2) * self.weight[:, None, None] + self.bias[:, None, None]).to(x.dtype)


class ResnetBlock(nn.Module):
    def __init__(self, cin, cout, groups):
        super().__init__()
        self.norm1 = GroupNorm(groups, cin, eps=1e-6)
        self.conv1 = nn.Conv2d(cin, cout, 3, padding=1)
        self.norm2 = GroupNorm(groups, cout, eps=1e-6)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1)
        if cin != cout:
            self.conv_shortcut = nn.Conv2d(cin, cout, 1)
        nn.init.normal_(self.conv2.weight, std=.02 / cout ** .5)

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.conv_shortcut(x) if hasattr(self, 'conv_shortcut') else x) + h


class Downsample(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 3, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2, mode='nearest'))


class Block(nn.Module):
    """One level: residual blocks, then a change of size."""

    def __init__(self, cin, cout, count, groups, resize):
        super().__init__()
        self.resnets = nn.ModuleList(ResnetBlock(cin if i == 0 else cout, cout, groups) for i in range(count))
        if resize is Downsample:
            self.downsamplers = nn.ModuleList([Downsample(cout)])
        elif resize is Upsample:
            self.upsamplers = nn.ModuleList([Upsample(cout)])

    def forward(self, x):
        for block in self.resnets:
            x = block(x)
        for block in getattr(self, 'downsamplers', getattr(self, 'upsamplers', [])):
            x = block(x)
        return x


class MidBlock(nn.Module):
    def __init__(self, c, groups):
        super().__init__()
        self.resnets = nn.ModuleList([ResnetBlock(c, c, groups), ResnetBlock(c, c, groups)])

    def forward(self, x):
        return self.resnets[1](self.resnets[0](x))


class Encoder(nn.Module):
    def __init__(self, channels, layers, groups):
        super().__init__()
        self.conv_in = nn.Conv2d(3, channels[0], 3, padding=1)
        cins = [channels[0], *channels[:-1]]
        last = len(channels) - 1
        self.down_blocks = nn.ModuleList(
            Block(cin, c, layers, groups, Downsample if i < last else None)
            for i, (cin, c) in enumerate(zip(cins, channels)))
        self.mid_block = MidBlock(channels[-1], groups)
        self.conv_norm_out = GroupNorm(groups, channels[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(channels[-1], 2 * LATENT_CHANNELS, 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        x = self.mid_block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))[:, :LATENT_CHANNELS]


class Decoder(nn.Module):
    def __init__(self, channels, layers, groups):
        super().__init__()
        deep = channels[::-1]
        self.conv_in = nn.Conv2d(LATENT_CHANNELS, deep[0], 3, padding=1)
        self.mid_block = MidBlock(deep[0], groups)
        last = len(deep) - 1
        self.up_blocks = nn.ModuleList(
            Block(cin, c, layers + 1, groups, Upsample if i < last else None)
            for i, (cin, c) in enumerate(zip([deep[0], *deep[:-1]], deep)))
        self.conv_norm_out = GroupNorm(groups, deep[-1], eps=1e-6)
        self.conv_out = nn.Conv2d(deep[-1], 3, 3, padding=1)

    def forward(self, z):
        x = self.mid_block(self.conv_in(z))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Vae(nn.Module):
    """config holds channels, layers, groups, and, once measured, shift and scale of the latents."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        parts = config['channels'], config['layers'], config['groups']
        self.encoder, self.decoder = Encoder(*parts), Decoder(*parts)

    def encode(self, pixels):
        """[n, 3, H, W] in 0…1 -> normalised latents."""
        mean = self.encoder((pixels * 2 - 1).to(memory_format=torch.channels_last))
        return (mean.float() - self.config['shift']) * self.config['scale']

    def encode_beside(self, pixels, others):
        """Latents of pictures as if they were pieces of these others, [n, 3, H, W] both.

        Group norms see the whole picture: without the only object on a flat ground the latents of all of that ground are others,
        and nothing in the picture with the object tells which."""
        norms = [m for m in self.encoder.modules() if isinstance(m, GroupNorm)]
        for norm in norms:
            norm.paired = True
        try:
            return self.encode(torch.cat([others, pixels]))[len(others):]
        finally:
            for norm in norms:
                norm.paired = False

    def decode(self, latents):
        """Normalised latents -> [n, 3, H, W] in 0…1."""
        z = latents / self.config['scale'] + self.config['shift']
        return (self.decoder(z.to(memory_format=torch.channels_last)).float() / 2 + .5).clamp(0, 1)
