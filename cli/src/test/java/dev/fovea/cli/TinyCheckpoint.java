package dev.fovea.cli;

import dev.fovea.engine.file.GgufWriter;
import dev.fovea.kernel.Format;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The engine's small test checkpoints, with a tokenizer of single characters beside their weights.
final class TinyCheckpoint {
    /// Ids of the vocabulary; `<image>` and `<pad>` are the last two.
    static final int VOCAB = 2048;

    /// Of a pair of files: ids, and columns of narrow and wide products.
    private static final int PAIR_VOCAB = 354;

    private static final int WIDTH = 32;
    private static final int WIDE = 64;

    private static final Path ENGINE = Path.of(System.getProperty("basedir", "."), "../engine/src/test/resources");

    private TinyCheckpoint() {}

    /// A LLaVA-NeXT checkpoint in a directory of its own.
    static Path llavaNext(Path directory) {
        return complete("llava-next-mini-old", directory);
    }

    /// A LLaVA-1.5 checkpoint with FlexAttention's projections.
    static Path flex(Path directory) {
        return complete("llava15-flex-tiny", directory);
    }

    /// A LLaVA-1.5 of random weights as llama.cpp's pair of files, `model.gguf` and `mmproj.gguf`, one layer each.
    static void pair(Path directory) {
        Random random = new Random(5);
        List<String> tokens = tokens().subList(0, PAIR_VOCAB);
        int[] types = new int[PAIR_VOCAB]; // 1 normal, 2 unknown, 3 control, 6 byte
        Arrays.setAll(types, id -> id == 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1);
        GgufWriter text = new GgufWriter()
                .text("general.architecture", "llama")
                .integer("llama.context_length", 2048)
                .integer("llama.embedding_length", WIDTH)
                .integer("llama.block_count", 1)
                .integer("llama.feed_forward_length", WIDE)
                .integer("llama.attention.head_count", 2)
                .text("tokenizer.ggml.model", "llama")
                .texts("tokenizer.ggml.tokens", tokens.toArray(String[]::new))
                .numbers("tokenizer.ggml.scores", new float[PAIR_VOCAB])
                .integers("tokenizer.ggml.token_type", types)
                .integer("tokenizer.ggml.bos_token_id", 1)
                .integer("tokenizer.ggml.eos_token_id", 2);
        for (String name : List.of("token_embd", "output")) {
            tensor(text, random, name + ".weight", PAIR_VOCAB, WIDTH);
        }
        for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
            tensor(text, random, "blk.0." + name + ".weight", WIDTH, WIDTH);
        }
        tensor(text, random, "blk.0.ffn_gate.weight", WIDE, WIDTH);
        tensor(text, random, "blk.0.ffn_up.weight", WIDE, WIDTH);
        tensor(text, random, "blk.0.ffn_down.weight", WIDTH, WIDE);
        for (String name : List.of("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm")) {
            tensor(text, random, name + ".weight", WIDTH);
        }
        write(text, directory.resolve("model.gguf"));
        write(tower(random), directory.resolve("mmproj.gguf"));
    }

    private static GgufWriter tower(Random random) {
        GgufWriter tower = new GgufWriter()
                .text("general.architecture", "clip")
                .text("clip.projector_type", "mlp")
                .integer("clip.vision.image_size", 28)
                .integer("clip.vision.patch_size", 14)
                .integer("clip.vision.embedding_length", WIDTH)
                .integer("clip.vision.feed_forward_length", WIDE)
                .integer("clip.vision.attention.head_count", 2)
                .integer("clip.vision.block_count", 1);
        tensor(tower, random, "v.class_embd", WIDTH);
        tensor(tower, random, "v.patch_embd.weight", WIDTH, 3, 14, 14);
        tensor(tower, random, "v.position_embd.weight", 1 + 2 * 2, WIDTH);
        for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_out")) {
            tensor(tower, random, "v.blk.0." + name + ".weight", WIDTH, WIDTH);
            tensor(tower, random, "v.blk.0." + name + ".bias", WIDTH);
        }
        for (String name : List.of("v.pre_ln", "v.blk.0.ln1", "v.blk.0.ln2")) {
            tensor(tower, random, name + ".weight", WIDTH);
            tensor(tower, random, name + ".bias", WIDTH);
        }
        tensor(tower, random, "v.blk.0.ffn_up.weight", WIDE, WIDTH);
        tensor(tower, random, "v.blk.0.ffn_up.bias", WIDE);
        tensor(tower, random, "v.blk.0.ffn_down.weight", WIDTH, WIDE);
        tensor(tower, random, "v.blk.0.ffn_down.bias", WIDTH);
        for (String name : List.of("mm.0", "mm.2")) {
            tensor(tower, random, name + ".weight", WIDTH, WIDTH);
            tensor(tower, random, name + ".bias", WIDTH);
        }
        return tower;
    }

    private static void tensor(GgufWriter writer, Random random, String name, long... shape) {
        int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putFloat((float) random.nextGaussian() / 4);
        }
        writer.tensor(name, Format.F32, shape, out -> out.write(bytes.array()));
    }

    private static void write(GgufWriter writer, Path file) {
        try (OutputStream out = Files.newOutputStream(file)) {
            writer.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path complete(String name, Path directory) {
        Path from = ENGINE.resolve("checkpoints").resolve(name);
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path to = directory.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(file, to);
                }
            }
            writeTokenizer(directory);
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Writes `tokenizer.json`: special tokens, bytes, a word mark, printable characters, and words of no meaning.
    static void writeTokenizer(Path directory) throws IOException {
        ObjectNode root = JsonMapper.shared().createObjectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        List<String> tokens = tokens();
        ArrayNode added = root.putArray("added_tokens");
        for (String special : List.of("<unk>", "<s>", "</s>", "<image>", "<pad>")) {
            ObjectNode token =
                    added.addObject().put("id", tokens.indexOf(special)).put("content", special);
            token.put("single_word", false).put("lstrip", false).put("rstrip", false);
            token.put("normalized", false).put("special", true);
        }
        root.putNull("normalizer");
        ObjectNode words =
                root.putObject("pre_tokenizer").put("type", "Metaspace").put("replacement", "▁");
        words.put("prepend_scheme", "first").put("split", false);
        template(root.putObject("post_processor"));
        decoder(root.putObject("decoder"));
        ObjectNode model =
                root.putObject("model").put("type", "BPE").putNull("dropout").put("unk_token", "<unk>");
        model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
        model.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
        ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < VOCAB - 2; id++) {
            vocab.put(tokens.get(id), id);
        }
        model.putArray("merges");
        Files.writeString(directory.resolve("tokenizer.json"), root.toString());
    }

    private static List<String> tokens() {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        for (int b = 0; b < 256; b++) {
            tokens.add(String.format("<0x%02X>", b));
        }
        tokens.add("▁");
        for (char c = '!'; c <= '~'; c++) {
            tokens.add(String.valueOf(c));
        }
        while (tokens.size() < VOCAB - 2) {
            tokens.add("▁w" + tokens.size());
        }
        tokens.addAll(List.of("<image>", "<pad>"));
        return tokens;
    }

    private static void template(ObjectNode processor) {
        processor.put("type", "TemplateProcessing");
        ArrayNode single = processor.putArray("single");
        single.addObject().putObject("SpecialToken").put("id", "<s>").put("type_id", 0);
        single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
        processor.set("pair", single.deepCopy());
        ObjectNode start =
                processor.putObject("special_tokens").putObject("<s>").put("id", "<s>");
        start.putArray("ids").add(1);
        start.putArray("tokens").add("<s>");
    }

    private static void decoder(ObjectNode decoder) {
        ArrayNode steps = decoder.put("type", "Sequence").putArray("decoders");
        ObjectNode spaces = steps.addObject().put("type", "Replace").put("content", " ");
        spaces.putObject("pattern").put("String", "▁");
        steps.addObject().put("type", "ByteFallback");
        steps.addObject().put("type", "Fuse");
        steps.addObject()
                .put("type", "Strip")
                .put("content", " ")
                .put("start", 1)
                .put("stop", 0);
    }
}
