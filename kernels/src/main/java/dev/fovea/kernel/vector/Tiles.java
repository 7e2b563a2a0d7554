package dev.fovea.kernel.vector;

/// The product of a strip of rows with a panel of columns: the inner loop of matrix products and of attention.
///
/// ```
///             depth                     width                     width
///        ┌─────────────┐             ┌──────────┐              ┌──────────┐
///   rows │ a, STRIDE   │  ×    depth │ b        │   =     rows │ c        │
///        └─────────────┘             └──────────┘              └──────────┘
/// ```
///
/// `a` holds numbers that are broadcast one by one, `b` and `c` whole vectors; so a row of `a` is a weight row or
/// a key, and the lanes are rows of activations. Every number of `c` is the sum over `depth` in order, so results
/// do not depend on how the rest is blocked.
///
/// There is a second kind that reads `a` by columns, `[depth][COLUMNS]`: values, whose rows are keys, need not be
/// transposed for it.
interface Tiles {
    /// Largest depth of one product: a panel `[DEPTH][width]` of 128 KB stays in the second cache level. 512
    /// was 7 % slower, as sums are loaded and stored twice as often; 2048 no faster.
    int DEPTH = 1024;

    /// Floats from one row of `a` to the next. A constant, so that all rows of a tile are addressed from one
    /// register and one bounds check serves them: 98 % of the FMA peak, against 80 % with a variable. One cache
    /// line more than DEPTH, so that the rows do not compete for the same lines of the first cache level.
    int STRIDE = DEPTH + 16;

    /// Floats from one row of `a` to the next for tiles that read columns, of which there are 16 fewer at most.
    int COLUMNS = 256 + 16;

    /// Columns of a panel: two vectors.
    int width();

    /// Rows of `a` and `c` are processed in multiples of this.
    int height();

    /// `c = a b`, or `c = c + a b`.
    ///
    /// @param a    from `aAt`, `[rows][STRIDE]`, the first `depth` of each row used; for tiles that read columns
    ///             `[depth][COLUMNS]`, the first `rows` of each row used
    /// @param rows a multiple of [#height]
    /// @param b    from `bAt`, `[depth][width]`
    /// @param c    from `cAt`, `[rows][width]`
    void multiply(float[] a, int aAt, int rows, float[] b, int bAt, int depth, float[] c, int cAt, boolean add);
}
