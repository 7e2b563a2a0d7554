package dev.fovea.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WidthTest {
    static Stream<VectorSpecies<Float>> widths() {
        return Stream.of(FloatVector.SPECIES_128, FloatVector.SPECIES_256, FloatVector.SPECIES_512);
    }

    /// Otherwise the tests of a width would test another.
    @ParameterizedTest
    @MethodSource("widths")
    void allLoopsHaveTheSpeciesThatWasAskedFor(VectorSpecies<Float> species) {
        Width width = Width.of(species);
        assertThat(width.tiles().width()).isEqualTo(2 * species.length());
        assertThat(width.direct().lanes()).isEqualTo(species.length());
        assertThat(width.heap().lanes()).isEqualTo(species.length());
        assertThat(width.rows().lanes()).isEqualTo(species.length());
    }

    @ParameterizedTest
    @MethodSource("widths")
    void arraysAndNativeMemoryHaveLoopsOfTheirOwn(VectorSpecies<Float> species) {
        Width width = Width.of(species);
        MemorySegment array = MemorySegment.ofArray(new float[4]);
        MemorySegment memory = Arena.global().allocate(16);
        assertThat(width.codec(array)).isSameAs(width.heap());
        assertThat(width.codec(memory)).isSameAs(width.direct());
        assertThat(width.heap().getClass()).isNotSameAs(width.direct().getClass());
    }
}
