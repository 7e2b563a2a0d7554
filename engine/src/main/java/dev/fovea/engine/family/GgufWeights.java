package dev.fovea.engine.family;

import dev.fovea.engine.family.Role.Part;
import dev.fovea.engine.file.GgufFile;
import dev.fovea.engine.file.TensorEntry;
import dev.fovea.kernel.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The weights of llama.cpp's pair of files, by the names that its converters write.
///
/// Query and key rows are stored for rotary pairs that lie side by side; here, as in the checkpoints they come from, a
/// pair lies half a head apart. The rows are put back in order, so these matrices are copied:
///
/// ```
/// file    a0 b0 a1 b1 a2 b2 …     pair i: rows 2i and 2i + 1 of a head
/// here    a0 a1 a2 … b0 b1 b2 …   pair i: rows i and i + headDim / 2
/// ```
final class GgufWeights implements WeightSource {
    /// Parts that no feature passes through.
    private static final Pattern IGNORED = Pattern.compile("v\\.post_ln\\.(weight|bias)");

    private final VlmConfig config;
    private final NamedTensors tensors;
    private final int blocks;
    private final boolean oldNames;
    private final Copies copies;

    GgufWeights(GgufFile text, GgufFile vision, VlmConfig config, Arena arena) {
        Map<String, TensorEntry> all = new TreeMap<>(text.tensors());
        all.putAll(vision.tensors());
        this.config = config;
        this.tensors =
                new NamedTensors(all, text.file(), name -> IGNORED.matcher(name).matches());
        this.blocks =
                GgufConfig.blocks(Section.whole(vision.file(), vision.metadata().settings()));
        this.copies = new Copies(arena);
        this.oldNames = namesDownFirst(all);
    }

    /// Older converters called the first of the tower's two wide products `ffn_down` and the second `ffn_up`. Seen in
    /// the shape, `[intermediate, hidden]`; where both sizes are equal the newer names are assumed.
    private boolean namesDownFirst(Map<String, TensorEntry> all) {
        TensorEntry down = all.get("v.blk.0.ffn_down.weight");
        return down != null
                && config.vision().intermediate() != config.vision().hidden()
                && down.shape().length == 2
                && down.shape()[0] == config.vision().intermediate();
    }

    @Override
    public boolean has(Role role, int layer) {
        return tensors.has(name(role, layer));
    }

    @Override
    public int towerLayers(int layers) {
        return Math.min(layers, blocks);
    }

    @Override
    public Matrix matrix(Role role, int layer, int rows, int cols) {
        Matrix matrix = tensors.matrix(name(role, layer), rows, cols);
        boolean rotated = role == Role.QUERY || role == Role.KEY;
        return rotated ? halvesApart(matrix, config.text().headDim()) : matrix;
    }

    private Matrix halvesApart(Matrix matrix, int headDim) {
        long row = matrix.rowBytes();
        MemorySegment bytes = copies.allocate(matrix.bytes().byteSize());
        for (int r = 0; r < matrix.rows(); r++) {
            int i = r % headDim;
            int from = r - i + (i < headDim / 2 ? 2 * i : 2 * (i - headDim / 2) + 1);
            MemorySegment.copy(matrix.bytes(), from * row, bytes, r * row, row);
        }
        WeightSource.super.release(matrix);
        return new Matrix(bytes.asReadOnly(), matrix.format(), matrix.rows(), matrix.cols());
    }

    @Override
    public void release(Matrix matrix) {
        if (!copies.release(matrix.bytes())) {
            WeightSource.super.release(matrix);
        }
    }

    @Override
    public float[] vector(Role role, int layer, int size) {
        return tensors.vector(name(role, layer), size);
    }

    @Override
    public void requireAllRead() {
        tensors.requireAllRead();
    }

    private String name(Role role, int layer) {
        if (oldNames) {
            Role other = SWAPPED.get(role);
            return name(NAMES.get(other == null ? role : other), layer, role);
        }
        return name(NAMES.get(role), layer, role);
    }

    private static String name(@Nullable String pattern, int layer, Role role) {
        return pattern == null ? role.name() : pattern.replace("{i}", Integer.toString(layer));
    }

    /// The name of a language model's tensor, for a file's writer.
    static String textName(Role role, int layer) {
        if (role.part() != Part.TEXT && role.part() != Part.HEAD) {
            throw new IllegalArgumentException(role + " is not of the language model");
        }
        return name(NAMES.get(role), layer, role);
    }

    private static final Map<Role, Role> SWAPPED = Map.of(
            Role.FC1_WEIGHT, Role.FC2_WEIGHT,
            Role.FC1_BIAS, Role.FC2_BIAS,
            Role.FC2_WEIGHT, Role.FC1_WEIGHT,
            Role.FC2_BIAS, Role.FC1_BIAS);

    private static final Map<Role, String> NAMES = names();

    private static Map<Role, String> names() {
        Map<Role, String> names = new HashMap<>();
        names.put(Role.EMBEDDING, "token_embd.weight");
        names.put(Role.INPUT_NORM, "blk.{i}.attn_norm.weight");
        names.put(Role.QUERY, "blk.{i}.attn_q.weight");
        names.put(Role.KEY, "blk.{i}.attn_k.weight");
        names.put(Role.VALUE, "blk.{i}.attn_v.weight");
        names.put(Role.OUT, "blk.{i}.attn_output.weight");
        names.put(Role.ATTENTION_NORM, "blk.{i}.ffn_norm.weight");
        names.put(Role.GATE, "blk.{i}.ffn_gate.weight");
        names.put(Role.UP, "blk.{i}.ffn_up.weight");
        names.put(Role.DOWN, "blk.{i}.ffn_down.weight");
        names.put(Role.NORM, "output_norm.weight");
        names.put(Role.HEAD, "output.weight");
        names.put(Role.PATCH_EMBEDDING, "v.patch_embd.weight");
        names.put(Role.CLASS_EMBEDDING, "v.class_embd");
        names.put(Role.POSITION_EMBEDDING, "v.position_embd.weight");
        names.put(Role.PRE_NORM_WEIGHT, "v.pre_ln.weight");
        names.put(Role.PRE_NORM_BIAS, "v.pre_ln.bias");
        names.put(Role.VISION_NORM1_WEIGHT, "v.blk.{i}.ln1.weight");
        names.put(Role.VISION_NORM1_BIAS, "v.blk.{i}.ln1.bias");
        names.put(Role.VISION_QUERY_WEIGHT, "v.blk.{i}.attn_q.weight");
        names.put(Role.VISION_QUERY_BIAS, "v.blk.{i}.attn_q.bias");
        names.put(Role.VISION_KEY_WEIGHT, "v.blk.{i}.attn_k.weight");
        names.put(Role.VISION_KEY_BIAS, "v.blk.{i}.attn_k.bias");
        names.put(Role.VISION_VALUE_WEIGHT, "v.blk.{i}.attn_v.weight");
        names.put(Role.VISION_VALUE_BIAS, "v.blk.{i}.attn_v.bias");
        names.put(Role.VISION_OUT_WEIGHT, "v.blk.{i}.attn_out.weight");
        names.put(Role.VISION_OUT_BIAS, "v.blk.{i}.attn_out.bias");
        names.put(Role.VISION_NORM2_WEIGHT, "v.blk.{i}.ln2.weight");
        names.put(Role.VISION_NORM2_BIAS, "v.blk.{i}.ln2.bias");
        names.put(Role.FC1_WEIGHT, "v.blk.{i}.ffn_up.weight");
        names.put(Role.FC1_BIAS, "v.blk.{i}.ffn_up.bias");
        names.put(Role.FC2_WEIGHT, "v.blk.{i}.ffn_down.weight");
        names.put(Role.FC2_BIAS, "v.blk.{i}.ffn_down.bias");
        names.put(Role.PROJECTOR_FIRST_WEIGHT, "mm.0.weight");
        names.put(Role.PROJECTOR_FIRST_BIAS, "mm.0.bias");
        names.put(Role.PROJECTOR_SECOND_WEIGHT, "mm.2.weight");
        names.put(Role.PROJECTOR_SECOND_BIAS, "mm.2.bias");
        names.put(Role.NEWLINE, "model.image_newline");
        return Map.copyOf(names);
    }
}
