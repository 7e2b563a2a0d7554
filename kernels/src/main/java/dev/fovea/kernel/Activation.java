package dev.fovea.kernel;

/// Element-wise non-linearities.
public enum Activation {
    /// `x · Φ(x)` with the exact Gaussian distribution function (erf); `gelu` in Hugging Face configs.
    GELU_ERF,
    /// The tanh approximation of GELU; `gelu_new`, `gelu_pytorch_tanh`.
    GELU_TANH,
    /// `x · σ(1.702 x)`; `quick_gelu`, used by CLIP.
    QUICK_GELU,
    /// `x · σ(x)`.
    SILU
}
