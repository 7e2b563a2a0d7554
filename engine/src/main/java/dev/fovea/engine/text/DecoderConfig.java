package dev.fovea.engine.text;

import java.util.OptionalInt;

public record DecoderConfig(int layers, int hidden, int heads, int kvHeads, int headDim, int intermediate, int vocab, float normEps, double ropeTheta, int maxPositions, boolean tiedHead, OptionalInt slidingWindow) {}
