package dev.fovea.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VectorRowsTest {
    static Stream<VectorSpecies<Float>> widths() {
        return Stream.of(FloatVector.SPECIES_128, FloatVector.SPECIES_256, FloatVector.SPECIES_512);
    }

    /// All floats from 0 down to where the results leave the normal numbers, one in 997.
    @ParameterizedTest
    @MethodSource("widths")
    void exponentialsAreWithinTwoUnitsInTheLastPlace(VectorSpecies<Float> species) {
        int first = Float.floatToIntBits(-1e-9f);
        int last = Float.floatToIntBits(-87.33f);
        float[] x = new float[2 + (last - first) / 997];
        x[0] = 0; // the maximum, which is subtracted
        for (int i = 1; i < x.length; i++) {
            x[i] = Float.intBitsToFloat(first + (i - 1) * 997);
        }
        float[] e = x.clone();
        float[] state = new float[2];
        Width.of(species).rows().exponentials(e, 0, e.length, state, 0, 1);
        assertThat(state[0]).isZero();
        for (int i = 0; i < x.length; i++) {
            double exact = Math.exp(x[i]);
            assertThat(Math.abs(e[i] - exact)).as("exp(%s)", x[i]).isLessThanOrEqualTo(2 * Math.ulp((float) exact));
        }
    }

    @ParameterizedTest
    @MethodSource("widths")
    void exponentialsFarBelowTheMaximumAreZero(VectorSpecies<Float> species) {
        float[] x = {-104, -1e10f, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY, 7, -80.9f, -3e38f};
        float[] state = new float[2];
        Width.of(species).rows().exponentials(x, 0, x.length, state, 0, 1);
        assertThat(x[0]).isZero();
        assertThat(x[1]).isZero();
        assertThat(x[2]).isZero();
        assertThat(x[3]).isZero();
        assertThat(x[4]).isOne();
        assertThat(x[6]).isZero();
        assertThat(state).containsExactly(7, 1);
    }
}
