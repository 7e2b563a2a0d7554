package dev.fovea.kernel.emitted;

import dev.fovea.kernel.emitted.avx2.Avx2Code;
import dev.fovea.kernel.emitted.avx512.Assembler;
import dev.fovea.kernel.emitted.avx512.Avx512Code;

/// Kinds of processors that there is machine code for, the fastest first.
enum Family {
    AVX512_VNNI("vnni", "avx512"),
    AVX_VNNI("avxvnni", "avx2"),
    AVX2("avx2", "avx2");

    private final String products;
    private final String others;

    Family(String products, String others) {
        this.products = products;
        this.others = others;
    }

    /// @throws IllegalArgumentException if there is none of that name
    static Family named(String name) {
        for (Family family : values()) {
            if (family.products.equals(name)) {
                return family;
            }
        }
        throw new IllegalArgumentException("machine code: expected vnni, avxvnni or avx2, found \"" + name + "\"");
    }

    /// In names of techniques: of one with products in int8, or without.
    String suffix(boolean int8) {
        return int8 ? products : others;
    }

    /// @throws UnsupportedOperationException with the reason, where `processor` lacks what the code uses
    void require(Processor processor) {
        switch (this) {
            case AVX512_VNNI -> processor.requireAvx512Vnni();
            case AVX_VNNI -> processor.requireAvxVnni();
            case AVX2 -> processor.requireAvx2();
        }
    }

    /// Ready to be written to.
    RoutineCode code() {
        return switch (this) {
            case AVX512_VNNI -> new Avx512Code(new Assembler());
            case AVX_VNNI -> Avx2Code.avxVnni();
            case AVX2 -> Avx2Code.avx2();
        };
    }
}
