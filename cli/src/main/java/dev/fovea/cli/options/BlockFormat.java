package dev.fovea.cli.options;

import dev.fovea.kernel.Format;

/// What the weights of a language model can be rounded to.
public enum BlockFormat {
    Q8_0(Format.Q8_0),
    Q4_0(Format.Q4_0);

    private final Format format;

    BlockFormat(Format format) {
        this.format = format;
    }

    public Format format() {
        return format;
    }
}
