"""What an error in a latent token costs in pixels: the loss weighs errors so, because pixels are what is looked at."""
import torch

from mini import pack, unpack


@torch.no_grad()
def pixel_root(vae, windows, share, eps=.1):
    """-> R [64, 64] with |e R|^2 = (1 - share) |e|^2 + share * (decoded squared error, scaled to the same mean).

    windows [n, 3, H, W]. The decoder's response to each of a token's 64 numbers is measured by differences; random signs
    per token keep neighbours' responses apart.
    """
    height, width = (v // 16 for v in windows.shape[2:])
    z = pack(vae.encode(windows))
    signs = torch.randint(0, 2, z.shape[:2], generator=torch.Generator().manual_seed(5)).to(z.device) * 2. - 1

    def decoded(latents):
        latents = unpack(latents, height, width) / vae.config['scale'] + vae.config['shift']
        return vae.decoder(latents.to(memory_format=torch.channels_last)).float().flatten()

    base, responses = decoded(z), []
    for c in range(64):
        moved = z.clone()
        moved[..., c] += eps * signs
        responses.append((decoded(moved) - base) / eps)
    responses = torch.stack(responses).double()
    metric = responses @ responses.T
    metric = share * metric * 64 / metric.trace() + (1 - share) * torch.eye(64, dtype=torch.double, device=z.device)
    return torch.linalg.cholesky(metric).float()
