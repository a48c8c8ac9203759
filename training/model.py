"""The network: a siamese U-Net with one encoder for both dates (Daudt, Le Saux, Boulch 2018, "Fully convolutional
siamese networks for change detection"), small enough for WebAssembly on one core.

Frames: N pairs, C bands, H x W model pixels (H and W multiples of MULTIPLE). K outputs, one a change class.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

MULTIPLE = 16
# Channels at strides 2, 4, 8 and 16 of the encoder, and of the decoder on its way back.
ENCODER = (16, 40, 80, 112)
DECODER = (20, 40, 64)
# Channels that each level hands across to the decoder, from both dates and their difference.
BRIDGE = (12, 24, 40, 96)


def conv(inputs, outputs, kernel=3, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class ChangeNet(nn.Module):
    """Two dates (N, C, H, W each, normalized) to the logits of K classes (N, K, H, W)."""

    def __init__(self, bands, classes):
        super().__init__()
        before = (bands, *ENCODER[:-1])
        self.levels = nn.ModuleList(
            nn.Sequential(conv(i, o, stride=2), conv(o, o)) for i, o in zip(before, ENCODER)
        )
        self.bridges = nn.ModuleList(conv(3 * e, b, kernel=1) for e, b in zip(ENCODER, BRIDGE))
        deeper = (*DECODER[1:], BRIDGE[-1])
        self.ups = nn.ModuleList(conv(d + b, o) for d, b, o in zip(deeper, BRIDGE, DECODER))
        self.head = nn.Conv2d(DECODER[0], classes, 1)
        # Change is rare: to begin near its share spares the first hundred steps.
        nn.init.constant_(self.head.bias, -3.0)

    def encode(self, date):
        features = []
        for level in self.levels:
            date = level(date)
            features.append(date)
        return features

    def forward(self, before, after):
        if self.training:  # both dates through one batch: statistics of both, and fewer, larger convolutions
            both = self.encode(torch.cat([before, after]))
            pairs = [tuple(f.chunk(2)) for f in both]
        else:
            pairs = list(zip(self.encode(before), self.encode(after)))
        x = None
        for level in reversed(range(len(ENCODER))):
            a, b = pairs[level]
            bridge = self.bridges[level](torch.cat([a, b, torch.abs(b - a)], 1))
            x = bridge if x is None else self.ups[level](torch.cat([double(x), bridge], 1))
        return double(self.head(x))


def double(x):
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def size(net, bands):
    """(parameters, multiply-adds a model pixel of the pair)."""
    edge = 4 * MULTIPLE
    macs = 0

    def count(module, _inputs, output):
        nonlocal macs
        macs += output.numel() * module.weight[0].numel()

    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, nn.Conv2d)]
    training = net.training
    net.eval()
    with torch.no_grad():
        net(torch.zeros(1, bands, edge, edge), torch.zeros(1, bands, edge, edge))
    net.train(training)
    for hook in hooks:
        hook.remove()
    return sum(p.numel() for p in net.parameters()), macs / edge**2
