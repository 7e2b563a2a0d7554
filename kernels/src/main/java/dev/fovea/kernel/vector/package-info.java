/// Every operation with the Vector API; the only package that imports the incubator.
///
/// Three small sets of loops know vectors: [dev.fovea.kernel.vector.VectorTiles] (products of blocks),
/// [dev.fovea.kernel.vector.VectorCodec] (bytes of weights) and [dev.fovea.kernel.vector.VectorRows] (one row
/// at a time). The others block, pack and share out work, and know neither vectors nor their width.
///
/// Sums over the lanes of a vector are taken in a fixed order in plain Java: `reduceLanes` may add in a
/// different order before and after the JIT compiler has seen it, and results must not depend on that.
@NullMarked
package dev.fovea.kernel.vector;

import org.jspecify.annotations.NullMarked;
