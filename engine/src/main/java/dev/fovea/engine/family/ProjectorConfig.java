package dev.fovea.engine.family;

import dev.fovea.kernel.Activation;

/// The two-layer projector between tower and decoder: `inputs → outputs`, `activation`, `outputs → outputs`.
public record ProjectorConfig(int inputs, int outputs, Activation activation, boolean bias) {}
