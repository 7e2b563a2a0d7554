/// Matrix products with many rows by oneDNN's shared library, as the jars of `org.bytedeco:dnnl` hold it.
///
/// ```
/// OneDnnKernels ── one row, attention, norms, … ──► the technique "vector"
///      │
///      ▼ many rows
///   Products ── rows in blocks, outputs in strips, shared out over Workers
///      │  ├── Arithmetic    activations, weights and sums in f32, bf16 or int8
///      │  ├── Packer        weights as oneDNN reads them: no reordering by the library
///      │  └── PackedWeights what is kept of them, within a bound
///      ▼
///   Primitives ─► Primitive ─► Dnnl ─► libdnnl, which Library unpacked
/// ```
///
/// oneDNN's own threads are off: each worker calls the library for its own outputs.
@NullMarked
package dev.fovea.kernel.onednn;

import org.jspecify.annotations.NullMarked;
