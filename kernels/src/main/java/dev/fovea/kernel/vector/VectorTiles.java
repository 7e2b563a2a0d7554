package dev.fovea.kernel.vector;

import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Register tiles of 8 or 4 rows by two vectors, one broadcast and two FMAs per row and step.
///
/// From the caches 95 to 99 % of the FMA peak at 512 bits, 91 to 98 % at 256 and 128 (Zen 4). Tried without
/// gain: 12 rows (no faster than 8); 6 rows (no faster, and leaves remainders); rows interleaved
/// `[depth][rows]` (no faster than a constant STRIDE, and must be packed). A flag in the tile that says whether
/// to add to `c` or to overwrite it cost a quarter of the speed as soon as both happened; so tiles always add.
final class VectorTiles implements Tiles {
    private static final VectorSpecies<Float> F = Width.speciesOf(MethodHandles.lookup());
    private static final int LANES = F.length();
    private static final int WIDTH = 2 * LANES;

    /// From one row of the product to the next in `a`, and from one step of the depth to the next.
    private static final int ROW = Width.columnsOf(MethodHandles.lookup()) ? 1 : STRIDE;

    private static final int STEP = Width.columnsOf(MethodHandles.lookup()) ? COLUMNS : 1;

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
        if (!add) {
            Arrays.fill(c, cAt, cAt + rows * WIDTH, 0);
        }
        for (int row = 0; row < rows; row += height()) {
            if (TALL) {
                tile8(a, aAt + row * ROW, b, bAt, depth, c, cAt + row * WIDTH);
            } else {
                tile4(a, aAt + row * ROW, b, bAt, depth, c, cAt + row * WIDTH);
            }
        }
    }

    private static void tile8(float[] a, int aAt, float[] b, int bAt, int depth, float[] c, int cAt) {
        FloatVector c00 = FloatVector.fromArray(F, c, cAt);
        FloatVector c01 = FloatVector.fromArray(F, c, cAt + LANES);
        FloatVector c10 = FloatVector.fromArray(F, c, cAt + 2 * LANES);
        FloatVector c11 = FloatVector.fromArray(F, c, cAt + 3 * LANES);
        FloatVector c20 = FloatVector.fromArray(F, c, cAt + 4 * LANES);
        FloatVector c21 = FloatVector.fromArray(F, c, cAt + 5 * LANES);
        FloatVector c30 = FloatVector.fromArray(F, c, cAt + 6 * LANES);
        FloatVector c31 = FloatVector.fromArray(F, c, cAt + 7 * LANES);
        FloatVector c40 = FloatVector.fromArray(F, c, cAt + 8 * LANES);
        FloatVector c41 = FloatVector.fromArray(F, c, cAt + 9 * LANES);
        FloatVector c50 = FloatVector.fromArray(F, c, cAt + 10 * LANES);
        FloatVector c51 = FloatVector.fromArray(F, c, cAt + 11 * LANES);
        FloatVector c60 = FloatVector.fromArray(F, c, cAt + 12 * LANES);
        FloatVector c61 = FloatVector.fromArray(F, c, cAt + 13 * LANES);
        FloatVector c70 = FloatVector.fromArray(F, c, cAt + 14 * LANES);
        FloatVector c71 = FloatVector.fromArray(F, c, cAt + 15 * LANES);
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = FloatVector.fromArray(F, b, bAt + k * WIDTH);
            FloatVector b1 = FloatVector.fromArray(F, b, bAt + k * WIDTH + LANES);
            FloatVector w = FloatVector.broadcast(F, a[aAt + k * STEP]);
            c00 = w.fma(b0, c00);
            c01 = w.fma(b1, c01);
            w = FloatVector.broadcast(F, a[aAt + k * STEP + ROW]);
            c10 = w.fma(b0, c10);
            c11 = w.fma(b1, c11);
            w = FloatVector.broadcast(F, a[aAt + k * STEP + 2 * ROW]);
            c20 = w.fma(b0, c20);
            c21 = w.fma(b1, c21);
            w = FloatVector.broadcast(F, a[aAt + k * STEP + 3 * ROW]);
            c30 = w.fma(b0, c30);
            c31 = w.fma(b1, c31);
            w = FloatVector.broadcast(F, a[aAt + k * STEP + 4 * ROW]);
            c40 = w.fma(b0, c40);
            c41 = w.fma(b1, c41);
            w = FloatVector.broadcast(F, a[aAt + k * STEP + 5 * ROW]);
            c50 = w.fma(b0, c50);
            c51 = w.fma(b1, c51);
            w = FloatVector.broadcast(F, a[aAt + k * STEP + 6 * ROW]);
            c60 = w.fma(b0, c60);
            c61 = w.fma(b1, c61);
            w = FloatVector.broadcast(F, a[aAt + k * STEP + 7 * ROW]);
            c70 = w.fma(b0, c70);
            c71 = w.fma(b1, c71);
        }
        c00.intoArray(c, cAt);
        c01.intoArray(c, cAt + LANES);
        c10.intoArray(c, cAt + 2 * LANES);
        c11.intoArray(c, cAt + 3 * LANES);
        c20.intoArray(c, cAt + 4 * LANES);
        c21.intoArray(c, cAt + 5 * LANES);
        c30.intoArray(c, cAt + 6 * LANES);
        c31.intoArray(c, cAt + 7 * LANES);
        c40.intoArray(c, cAt + 8 * LANES);
        c41.intoArray(c, cAt + 9 * LANES);
        c50.intoArray(c, cAt + 10 * LANES);
        c51.intoArray(c, cAt + 11 * LANES);
        c60.intoArray(c, cAt + 12 * LANES);
        c61.intoArray(c, cAt + 13 * LANES);
        c70.intoArray(c, cAt + 14 * LANES);
        c71.intoArray(c, cAt + 15 * LANES);
    }

    private static void tile4(float[] a, int aAt, float[] b, int bAt, int depth, float[] c, int cAt) {
        FloatVector c00 = FloatVector.fromArray(F, c, cAt);
        FloatVector c01 = FloatVector.fromArray(F, c, cAt + LANES);
        FloatVector c10 = FloatVector.fromArray(F, c, cAt + 2 * LANES);
        FloatVector c11 = FloatVector.fromArray(F, c, cAt + 3 * LANES);
        FloatVector c20 = FloatVector.fromArray(F, c, cAt + 4 * LANES);
        FloatVector c21 = FloatVector.fromArray(F, c, cAt + 5 * LANES);
        FloatVector c30 = FloatVector.fromArray(F, c, cAt + 6 * LANES);
        FloatVector c31 = FloatVector.fromArray(F, c, cAt + 7 * LANES);
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = FloatVector.fromArray(F, b, bAt + k * WIDTH);
            FloatVector b1 = FloatVector.fromArray(F, b, bAt + k * WIDTH + LANES);
            FloatVector w = FloatVector.broadcast(F, a[aAt + k * STEP]);
            c00 = w.fma(b0, c00);
            c01 = w.fma(b1, c01);
            w = FloatVector.broadcast(F, a[aAt + k * STEP + ROW]);
            c10 = w.fma(b0, c10);
            c11 = w.fma(b1, c11);
            w = FloatVector.broadcast(F, a[aAt + k * STEP + 2 * ROW]);
            c20 = w.fma(b0, c20);
            c21 = w.fma(b1, c21);
            w = FloatVector.broadcast(F, a[aAt + k * STEP + 3 * ROW]);
            c30 = w.fma(b0, c30);
            c31 = w.fma(b1, c31);
        }
        c00.intoArray(c, cAt);
        c01.intoArray(c, cAt + LANES);
        c10.intoArray(c, cAt + 2 * LANES);
        c11.intoArray(c, cAt + 3 * LANES);
        c20.intoArray(c, cAt + 4 * LANES);
        c21.intoArray(c, cAt + 5 * LANES);
        c30.intoArray(c, cAt + 6 * LANES);
        c31.intoArray(c, cAt + 7 * LANES);
    }
}
