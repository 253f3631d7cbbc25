"""The lite extractor for the compute core: a list of its layers, and their weights in that order."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from torch import nn

from activeindex_lite.extractor.network import LiteNet, ResidualBlock

# As in network.c.
CONVOLUTION, MEAN_POOL, HEAD = range(3)


@dataclass(frozen=True)
class Layer:
    """A layer, in the fields of Row in network.c. Map 0 is the picture; source, target, plus: numbers of maps.

    plus: the map that is added before the ReLU, -1 for none. The head is GeM with p = 3, a linear layer, unit length.
    """

    kind: int
    kernel: int
    stride: int
    padding: int
    cin: int
    cout: int
    source: int
    target: int
    plus: int = -1
    relu: int = 0


class _List:
    """Collects layers and their weights; each call returns the number of the map that the layer makes."""

    def __init__(self) -> None:
        self.layers, self.weights, self.maps = [], [], 1

    def convolution(self, layer: nn.Conv2d, source: int, plus: int = -1, relu: int = 1) -> int:
        fields = layer.kernel_size[0], layer.stride[0], layer.padding[0], layer.in_channels, layer.out_channels
        bias = np.zeros(layer.out_channels) if layer.bias is None else _numbers(layer.bias)
        return self._add(Layer(CONVOLUTION, *fields, source, self.maps, plus, relu), _numbers(layer.weight), bias)

    def pool(self, layer: nn.AvgPool2d, channels: int, source: int) -> int:
        size = layer.kernel_size
        return self._add(Layer(MEAN_POOL, size, size, 0, channels, channels, source, self.maps))

    def head(self, layer: nn.Linear, source: int) -> None:
        self._add(Layer(HEAD, 1, 1, 0, layer.in_features, layer.out_features, source, self.maps), *_linear(layer))

    def block(self, block: ResidualBlock, source: int) -> int:
        inner, plus = self.convolution(block.conv1, source), source
        if isinstance(block.pool, nn.AvgPool2d):
            plus = self.pool(block.pool, block.conv1.in_channels, plus)
        if isinstance(block.shortcut, nn.Conv2d):
            plus = self.convolution(block.shortcut, plus, relu=0)
        return self.convolution(block.conv2, inner, plus)

    def _add(self, layer: Layer, *weights: np.ndarray) -> int:
        self.layers.append(layer)
        self.weights += [values.ravel() for values in weights]
        self.maps += 1
        return layer.target


def exported(network: LiteNet) -> tuple[list[Layer], np.ndarray]:
    """The layers of a LiteNet whose normalisations are folded in (`lite_network`), and their weights (n,) float32.

    The weights are those of one layer after another, each with its biases behind them. ValueError for a network that
    the compute core does not know.
    """
    if network.pool.p != 3 or isinstance(network.stem[1], nn.BatchNorm2d):
        raise ValueError(
            f"the network pools with p={network.pool.p:g} and its first layer is followed by {network.stem[1]}: "
            "expected p=3 and folded normalisations, as lite_network() gives them"
        )
    told = _List()
    last = told.convolution(network.stem[0], 0)
    for block in network.blocks:
        last = told.block(block, last)
    told.head(network.project, last)
    return told.layers, np.concatenate(told.weights).astype(np.float32)


def table(layers: list[Layer]) -> np.ndarray:
    """The list as network_begin reads it: (layers, 10) int32."""
    return np.array([astuple(layer) for layer in layers], np.int32)


def _linear(layer):
    return _numbers(layer.weight), _numbers(layer.bias)


def _numbers(tensor):
    return tensor.detach().cpu().numpy()
