package dev.fovea.kernel.packed;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Weights and activations in bfloat16, rounded to the nearest, ties to even; sums in binary32.
final class Bf16 implements Arithmetic {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Short> HALF =
            VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
    private static final int LANES = F.length();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int NOT_A_NUMBER = 0x7fc0;

    @Override
    public Compute compute() {
        return Compute.BF16;
    }

    @Override
    public int elementBytes() {
        return 2;
    }

    @Override
    public boolean isAsStored(Format format) {
        return format == Format.BF16;
    }

    @Override
    public float activations(float[] x, int at, int cols, MemorySegment to, long toAt, int depth) {
        int whole = F.loopBound(cols);
        for (int i = 0; i < whole; i += LANES) {
            rounded(FloatVector.fromArray(F, x, at + i)).intoMemorySegment(to, toAt + 2L * i, ORDER);
        }
        for (int i = whole; i < cols; i++) {
            to.set(ValueLayout.JAVA_SHORT, toAt + 2L * i, rounded(x[at + i]));
        }
        to.asSlice(toAt + 2L * cols, 2L * (depth - cols)).fill((byte) 0);
        return 1;
    }

    @Override
    public void weights(float[] w, int cols, int[] to, int toAt, Notes notes, int out) {
        int padded = Packer.padded(cols);
        for (int i = 0; i < padded; i += LANES) {
            rounded(FloatVector.fromArray(F, w, i)).reinterpretAsInts().intoArray(to, toAt + i / 2);
        }
    }

    @Override
    public void sums(
            MemorySegment sums,
            long from,
            int cols,
            float scale,
            Notes notes,
            int out,
            float[] bias,
            float[] y,
            int at) {
        F32.addBias(sums, from, cols, bias, y, at);
    }

    /// The upper halves after half a unit was added to the lower ones, a little less where the upper is even.
    private static ShortVector rounded(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
        IntVector upper = bits.add(0x7fff).add(odd).lanewise(VectorOperators.LSHR, 16);
        IntVector kept =
                upper.blend(NOT_A_NUMBER, x.test(VectorOperators.IS_NAN).cast(upper.species()));
        return (ShortVector) kept.convertShape(VectorOperators.I2S, HALF, 0);
    }

    static short rounded(float x) {
        int bits = Float.floatToRawIntBits(x);
        return (short) (Float.isNaN(x) ? NOT_A_NUMBER : bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
