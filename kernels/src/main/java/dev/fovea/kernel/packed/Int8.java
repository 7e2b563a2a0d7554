package dev.fovea.kernel.packed;

import dev.fovea.kernel.Compute;
import dev.fovea.kernel.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Weights and activations as whole numbers from -127 to 127, rounded to the nearest, ties to even, with one scale
/// for each output and one for each row of activations, such that the largest magnitude becomes 127. Sums are exact.
///
/// Activations are stored with 128 added, since the processor multiplies numbers without sign by numbers with sign;
/// 128 times the sum of an output's weights is taken off again, as a whole number. (The library can do that itself,
/// but then wants weights in a layout that it takes 3 ns for each to bring about.)
final class Int8 implements Arithmetic {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> I = F.withLanes(int.class);
    private static final VectorSpecies<Byte> QUARTER =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(F.vectorBitSize() / 4));
    private static final int LANES = F.length();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private static final int WITHOUT_SIGN = 0x7fffffff;
    private static final int STEPS = 127;
    private static final int ZERO = 128;

    /// Added to a small number, it leaves the nearest whole number in the lowest bits.
    private static final float ROUND = 0x1.8p23f;

    private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

    /// Rows whose largest magnitude is below this are zeros: their scale would leave the normal numbers.
    private static final float LEAST = 1e-30f;

    @Override
    public Compute compute() {
        return Compute.INT8;
    }

    @Override
    public int elementBytes() {
        return 1;
    }

    @Override
    public int mostCols() {
        return Integer.MAX_VALUE / (255 * STEPS); // sums are 32-bit
    }

    @Override
    public boolean isAsStored(Format format) {
        return false;
    }

    @Override
    public Notes notes(int outs) {
        return new Notes(new float[outs], new int[outs]);
    }

    @Override
    public float activations(float[] x, int at, int cols, MemorySegment to, long toAt, int depth) {
        float largest = largest(x, at, cols);
        float inverse = inverse(largest);
        int whole = F.loopBound(cols);
        for (int i = 0; i < whole; i += LANES) {
            IntVector q = FloatVector.fromArray(F, x, at + i)
                    .mul(inverse)
                    .add(ROUND)
                    .reinterpretAsInts()
                    .sub(ROUND_BITS - ZERO);
            narrow(q).intoMemorySegment(to, toAt + i, ORDER);
        }
        for (int i = whole; i < cols; i++) {
            to.set(ValueLayout.JAVA_BYTE, toAt + i, (byte) (rounded(x[at + i] * inverse) + ZERO));
        }
        to.asSlice(toAt + cols, depth - cols).fill((byte) 0); // times zeros
        return scale(largest);
    }

    @Override
    public void weights(float[] w, int cols, int[] to, int toAt, Notes notes, int out) {
        int padded = Packer.padded(cols);
        float largest = largest(w, 0, padded);
        float inverse = inverse(largest);
        IntVector sum = IntVector.zero(I);
        for (int i = 0; i < padded; i += LANES) {
            IntVector q = FloatVector.fromArray(F, w, i)
                    .mul(inverse)
                    .add(ROUND)
                    .reinterpretAsInts()
                    .sub(ROUND_BITS);
            sum = sum.add(q);
            narrow(q).reinterpretAsInts().intoArray(to, toAt + i / 4);
        }
        notes.scales()[out] = scale(largest);
        notes.offsets()[out] = ZERO * sum.reduceLanes(VectorOperators.ADD);
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
        int whole = F.loopBound(cols);
        for (int i = 0; i < whole; i += LANES) {
            IntVector sum = IntVector.fromMemorySegment(I, sums, from + 4L * i, ORDER)
                    .sub(IntVector.fromArray(I, notes.offsets(), out + i));
            FloatVector step = FloatVector.fromArray(F, notes.scales(), out + i).mul(scale);
            FloatVector value = (FloatVector) sum.convert(VectorOperators.I2F, 0);
            value.mul(step).add(FloatVector.fromArray(F, bias, i)).intoArray(y, at + i);
        }
        for (int i = whole; i < cols; i++) {
            int sum = sums.get(ValueLayout.JAVA_INT, from + 4L * i) - notes.offsets()[out + i];
            y[at + i] = sum * (notes.scales()[out + i] * scale) + bias[i];
        }
    }

    private static ByteVector narrow(IntVector q) {
        return (ByteVector) q.convertShape(VectorOperators.I2B, QUARTER, 0);
    }

    static int rounded(float x) {
        return Float.floatToRawIntBits(x + ROUND) - ROUND_BITS;
    }

    /// The largest magnitude. Bits of floats without sign are in the order of the floats, numbers that are none at the
    /// end; comparing them takes one instruction, comparing floats as Java wants it six.
    private static float largest(float[] x, int at, int cols) {
        IntVector a = IntVector.zero(I);
        IntVector b = a;
        IntVector c = a;
        IntVector d = a;
        int i = at;
        for (; i + 4 * LANES <= at + cols; i += 4 * LANES) {
            a = a.max(magnitude(x, i));
            b = b.max(magnitude(x, i + LANES));
            c = c.max(magnitude(x, i + 2 * LANES));
            d = d.max(magnitude(x, i + 3 * LANES));
        }
        int largest = a.max(b).max(c.max(d)).reduceLanes(VectorOperators.MAX);
        for (; i < at + cols; i++) {
            largest = Math.max(largest, Float.floatToRawIntBits(x[i]) & WITHOUT_SIGN);
        }
        return Float.intBitsToFloat(largest);
    }

    private static IntVector magnitude(float[] x, int at) {
        return FloatVector.fromArray(F, x, at).reinterpretAsInts().and(WITHOUT_SIGN);
    }

    static float inverse(float largest) {
        return largest < LEAST ? 0 : STEPS / largest;
    }

    static float scale(float largest) {
        return largest < LEAST ? 0 : largest / STEPS;
    }
}
