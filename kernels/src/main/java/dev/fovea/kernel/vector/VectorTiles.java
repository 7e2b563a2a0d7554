package dev.fovea.kernel.vector;

import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Register tiles of 8 or 4 rows by two vectors, one broadcast and two FMAs per row and step.
///
/// Reached 98 to 99 % of the FMA peak at 512 bits from the caches, 91 to 98 % at 256 and 128 (`KernelSpeed`,
/// Zen 4). Tried without gain: 12 rows (no faster than 8), 6 rows (no faster, and leaves remainders), rows
/// interleaved `[depth][rows]` (no faster than a constant STRIDE, and must be packed).
final class VectorTiles implements Tiles {
    private static final VectorSpecies<Float> F = Width.speciesOf(MethodHandles.lookup());
    private static final int LANES = F.length();
    private static final int WIDTH = 2 * LANES;

    /// Eight rows need 19 vector registers: AVX-512 and ARM have 32. With 16 they spill and halve the speed.
    private static final boolean TALL =
            F.vectorBitSize() == 512 || !System.getProperty("os.arch", "").matches("amd64|x86_64|x86|i386");

    @Override
    public int width() {
        return WIDTH;
    }

    @Override
    public int height() {
        return TALL ? 8 : 4;
    }

    @Override
    public void multiply(float[] a, int aAt, int rows, float[] b, int bAt, int depth, float[] c, int cAt, boolean add) {
        for (int row = 0; row < rows; row += height()) {
            if (TALL) {
                tile8(a, aAt + row * STRIDE, b, bAt, depth, c, cAt + row * WIDTH, add);
            } else {
                tile4(a, aAt + row * STRIDE, b, bAt, depth, c, cAt + row * WIDTH, add);
            }
        }
    }

    private static void tile8(float[] a, int aAt, float[] b, int bAt, int depth, float[] c, int cAt, boolean add) {
        FloatVector c00 = FloatVector.zero(F);
        FloatVector c01 = FloatVector.zero(F);
        FloatVector c10 = FloatVector.zero(F);
        FloatVector c11 = FloatVector.zero(F);
        FloatVector c20 = FloatVector.zero(F);
        FloatVector c21 = FloatVector.zero(F);
        FloatVector c30 = FloatVector.zero(F);
        FloatVector c31 = FloatVector.zero(F);
        FloatVector c40 = FloatVector.zero(F);
        FloatVector c41 = FloatVector.zero(F);
        FloatVector c50 = FloatVector.zero(F);
        FloatVector c51 = FloatVector.zero(F);
        FloatVector c60 = FloatVector.zero(F);
        FloatVector c61 = FloatVector.zero(F);
        FloatVector c70 = FloatVector.zero(F);
        FloatVector c71 = FloatVector.zero(F);
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = FloatVector.fromArray(F, b, bAt + k * WIDTH);
            FloatVector b1 = FloatVector.fromArray(F, b, bAt + k * WIDTH + LANES);
            FloatVector w = FloatVector.broadcast(F, a[aAt + k]);
            c00 = w.fma(b0, c00);
            c01 = w.fma(b1, c01);
            w = FloatVector.broadcast(F, a[aAt + k + STRIDE]);
            c10 = w.fma(b0, c10);
            c11 = w.fma(b1, c11);
            w = FloatVector.broadcast(F, a[aAt + k + 2 * STRIDE]);
            c20 = w.fma(b0, c20);
            c21 = w.fma(b1, c21);
            w = FloatVector.broadcast(F, a[aAt + k + 3 * STRIDE]);
            c30 = w.fma(b0, c30);
            c31 = w.fma(b1, c31);
            w = FloatVector.broadcast(F, a[aAt + k + 4 * STRIDE]);
            c40 = w.fma(b0, c40);
            c41 = w.fma(b1, c41);
            w = FloatVector.broadcast(F, a[aAt + k + 5 * STRIDE]);
            c50 = w.fma(b0, c50);
            c51 = w.fma(b1, c51);
            w = FloatVector.broadcast(F, a[aAt + k + 6 * STRIDE]);
            c60 = w.fma(b0, c60);
            c61 = w.fma(b1, c61);
            w = FloatVector.broadcast(F, a[aAt + k + 7 * STRIDE]);
            c70 = w.fma(b0, c70);
            c71 = w.fma(b1, c71);
        }
        put(c00, c, cAt, add);
        put(c01, c, cAt + LANES, add);
        put(c10, c, cAt + 2 * LANES, add);
        put(c11, c, cAt + 3 * LANES, add);
        put(c20, c, cAt + 4 * LANES, add);
        put(c21, c, cAt + 5 * LANES, add);
        put(c30, c, cAt + 6 * LANES, add);
        put(c31, c, cAt + 7 * LANES, add);
        put(c40, c, cAt + 8 * LANES, add);
        put(c41, c, cAt + 9 * LANES, add);
        put(c50, c, cAt + 10 * LANES, add);
        put(c51, c, cAt + 11 * LANES, add);
        put(c60, c, cAt + 12 * LANES, add);
        put(c61, c, cAt + 13 * LANES, add);
        put(c70, c, cAt + 14 * LANES, add);
        put(c71, c, cAt + 15 * LANES, add);
    }

    private static void tile4(float[] a, int aAt, float[] b, int bAt, int depth, float[] c, int cAt, boolean add) {
        FloatVector c00 = FloatVector.zero(F);
        FloatVector c01 = FloatVector.zero(F);
        FloatVector c10 = FloatVector.zero(F);
        FloatVector c11 = FloatVector.zero(F);
        FloatVector c20 = FloatVector.zero(F);
        FloatVector c21 = FloatVector.zero(F);
        FloatVector c30 = FloatVector.zero(F);
        FloatVector c31 = FloatVector.zero(F);
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = FloatVector.fromArray(F, b, bAt + k * WIDTH);
            FloatVector b1 = FloatVector.fromArray(F, b, bAt + k * WIDTH + LANES);
            FloatVector w = FloatVector.broadcast(F, a[aAt + k]);
            c00 = w.fma(b0, c00);
            c01 = w.fma(b1, c01);
            w = FloatVector.broadcast(F, a[aAt + k + STRIDE]);
            c10 = w.fma(b0, c10);
            c11 = w.fma(b1, c11);
            w = FloatVector.broadcast(F, a[aAt + k + 2 * STRIDE]);
            c20 = w.fma(b0, c20);
            c21 = w.fma(b1, c21);
            w = FloatVector.broadcast(F, a[aAt + k + 3 * STRIDE]);
            c30 = w.fma(b0, c30);
            c31 = w.fma(b1, c31);
        }
        put(c00, c, cAt, add);
        put(c01, c, cAt + LANES, add);
        put(c10, c, cAt + 2 * LANES, add);
        put(c11, c, cAt + 3 * LANES, add);
        put(c20, c, cAt + 4 * LANES, add);
        put(c21, c, cAt + 5 * LANES, add);
        put(c30, c, cAt + 6 * LANES, add);
        put(c31, c, cAt + 7 * LANES, add);
    }

    private static void put(FloatVector v, float[] c, int at, boolean add) {
        FloatVector sum = add ? v.add(FloatVector.fromArray(F, c, at)) : v;
        sum.intoArray(c, at);
    }
}
