package dev.fovea.kernel.emitted.avx2;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.emitted.GeneralAssembler;
import dev.fovea.kernel.emitted.RoutineCode;

/// For AVX2, FMA and F16C; the products of bytes by AVX-VNNI or without.
public final class Avx2Code implements RoutineCode {
    private final VexAssembler code = new VexAssembler();
    private final ByteProducts products;

    private Avx2Code(ByteProducts products) {
        this.products = products;
    }

    public static Avx2Code avx2() {
        return new Avx2Code(new WidenedProducts());
    }

    public static Avx2Code avxVnni() {
        return new Avx2Code(new VnniProducts(VexAssembler::vpdpbusd));
    }

    /// As [#avxVnni] but for the spelling of one instruction: processors with AVX-512 VNNI, most of which lack
    /// AVX-VNNI, can test the rest.
    public static Avx2Code avx512Vnni() {
        return new Avx2Code(new VnniProducts(VexAssembler::vpdpbusdEvex));
    }

    @Override
    public GeneralAssembler code() {
        return code;
    }

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
        ProductCode.oneRow(code, products, format);
    }

    @Override
    public void tiles(Format format, boolean first) {
        TileCode.tiles(code, products.tiles(format), first);
    }

    /// There are no registers for more.
    @Override
    public int queries() {
        return 1;
    }

    @Override
    public void scores(Format format, int rows, int queries) {
        requireOne(queries);
        CacheCode.scores(code, format, rows);
    }

    @Override
    public void add(Format format, int rows, int queries) {
        requireOne(queries);
        CacheCode.add(code, format, rows);
    }

    private static void requireOne(int queries) {
        if (queries != 1) {
            throw new IllegalArgumentException("queries: expected 1, found " + queries);
        }
    }
}
