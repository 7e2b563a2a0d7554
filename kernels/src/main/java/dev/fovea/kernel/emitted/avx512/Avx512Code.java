package dev.fovea.kernel.emitted.avx512;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.RoutineCode;

/// For AVX-512 with VNNI.
public record Avx512Code(Assembler code) implements RoutineCode {
    @Override
    public void quantise() {
        PreparationCode.quantise(code);
    }

    @Override
    public void unpack(Format format) {
        PreparationCode.unpack(code, format);
    }

    @Override
    public void oneRow(Format format) {
        ProductCode.oneRow(code, format);
    }

    /// One code for both: weights of all formats are bytes in a strip.
    @Override
    public void tiles(Format format, boolean first) {
        ProductCode.tiles(code, first);
    }

    @Override
    public int queries() {
        return CacheCode.MOST_QUERIES;
    }

    @Override
    public void scores(Format format, int rows, int queries) {
        CacheCode.scores(code, format, rows, queries);
    }

    @Override
    public void add(Format format, int rows, int queries) {
        CacheCode.add(code, format, rows, queries);
    }
}
