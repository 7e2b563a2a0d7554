/// Matrix products with many rows by oneDNN's shared library, as the jars of `org.bytedeco:dnnl` hold it.
///
/// ```
/// OneDnnKernels ── one row, attention, norms, … ──► the technique "vector"
///      │
///      ▼ many rows
///   PackedProducts ── of kernel.packed: rows in blocks, outputs in strips, shared out over Workers
///      ▼
///   OneDnnStrips ── sums by the library, scaled to where they belong
///      ▼
///   Primitives ─► Primitive ─► Dnnl ─► libdnnl, which Library unpacked
/// ```
///
/// oneDNN's own threads are off: each worker calls the library for its own outputs.
@NullMarked
package dev.fovea.kernel.onednn;

import org.jspecify.annotations.NullMarked;
