package dev.fovea.kernel.vector;

import java.io.IOException;
import java.io.InputStream;
import java.lang.constant.ConstantDescs;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The vector loops for one register width.
///
/// The JIT compiler turns vector code into instructions only where the species is a constant, so each loop
/// class has it in a static final field. The classes as written use the width that the platform prefers. For
/// any other width they are defined once more, as hidden classes whose species is their class data: the same
/// code, another constant.
///
/// In the same way there are two codecs, one for memory off the heap and one for arrays: a loop that has met
/// files, native memory and arrays asks at every load which it is.
record Width(VectorSpecies<Float> species, Tiles tiles, RowCodec direct, RowCodec heap, Rows rows) {
    static Width of(VectorSpecies<Float> species) {
        RowCodec heap = copy(VectorCodec.class, RowCodec.class, species);
        if (species.equals(FloatVector.SPECIES_PREFERRED)) {
            return new Width(species, new VectorTiles(), new VectorCodec(), heap, new VectorRows());
        }
        return new Width(
                species,
                copy(VectorTiles.class, Tiles.class, species),
                copy(VectorCodec.class, RowCodec.class, species),
                heap,
                copy(VectorRows.class, Rows.class, species));
    }

    /// The codec for the kind of memory that `bytes` is.
    RowCodec codec(MemorySegment bytes) {
        return bytes.isNative() ? direct : heap;
    }

    /// The species of the loop class that `lookup` belongs to.
    @SuppressWarnings("unchecked")
    static VectorSpecies<Float> speciesOf(MethodHandles.Lookup lookup) {
        try {
            VectorSpecies<Float> given =
                    MethodHandles.classData(lookup, ConstantDescs.DEFAULT_NAME, VectorSpecies.class);
            return given == null ? FloatVector.SPECIES_PREFERRED : given;
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> T copy(Class<? extends T> loops, Class<T> promise, VectorSpecies<Float> species) {
        String file = loops.getSimpleName() + ".class";
        try (InputStream in = loops.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("class file " + file + " is not readable");
            }
            Class<?> copy = MethodHandles.lookup()
                    .defineHiddenClassWithClassData(in.readAllBytes(), species, true)
                    .lookupClass();
            return promise.cast(copy.getDeclaredConstructor().newInstance());
        } catch (IOException | ReflectiveOperationException e) {
            throw new IllegalStateException("cannot define " + loops + " for " + species, e);
        }
    }
}
