package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.SmallFiles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A `tokenizer.model`, SentencePiece's ModelProto, as it stands in the file.
///
/// ```
/// message:  field*           field:  key (varint: number << 3 | kind), then by kind
///   0 varint   1 eight bytes   2 length (varint), bytes: text or a message   5 four bytes
/// ModelProto      1 piece* {1 text, 2 score (float), 3 type}  2 trainer {}  3 normaliser {}  5 denormaliser {}
/// ```
///
/// Fields that are not read are passed over, as protocol buffers prescribe. Text and numbers of the trainer and the
/// normaliser are kept by field number.
final class SentencePieceFile {
    private static final long MAX_BYTES = 64L << 20;
    private static final int VARINT = 0;
    private static final int EIGHT_BYTES = 1;
    private static final int LENGTH = 2;
    private static final int FOUR_BYTES = 5;

    enum Kind {
        NORMAL,
        UNKNOWN,
        CONTROL,
        USER_DEFINED,
        UNUSED,
        BYTE
    }

    record Piece(String text, float score, Kind kind) {}

    private final Path file;
    private final List<Piece> pieces = new ArrayList<>();
    private final Map<Integer, Long> trainer = new HashMap<>();
    private final Map<Integer, Long> normalizer = new HashMap<>();
    private final Map<Integer, Long> denormalizer = new HashMap<>();

    private SentencePieceFile(Path file) {
        this.file = file;
    }

    static SentencePieceFile read(SmallFiles files, String name) {
        SentencePieceFile model = new SentencePieceFile(files.path(name));
        model.parse(ByteBuffer.wrap(files.read(name, MAX_BYTES)).order(ByteOrder.LITTLE_ENDIAN));
        return model;
    }

    /// Named in errors.
    Path file() {
        return file;
    }

    List<Piece> pieces() {
        return pieces;
    }

    /// A number or truth value of the trainer's message, by field.
    long trainer(int field, long otherwise) {
        return trainer.getOrDefault(field, otherwise);
    }

    /// A number or truth value of the normaliser's message, by field; of a text its length in bytes.
    long normalizer(int field, long otherwise) {
        return normalizer.getOrDefault(field, otherwise);
    }

    /// The same of the denormaliser's message.
    long denormalizer(int field, long otherwise) {
        return denormalizer.getOrDefault(field, otherwise);
    }

    private void parse(ByteBuffer in) {
        while (in.hasRemaining()) {
            int key = key(in);
            switch (key) {
                case 1 << 3 | LENGTH -> pieces.add(piece(message(in)));
                case 2 << 3 | LENGTH -> numbers(message(in), trainer);
                case 3 << 3 | LENGTH -> numbers(message(in), normalizer);
                case 5 << 3 | LENGTH -> numbers(message(in), denormalizer);
                default -> skip(in, key);
            }
            if (pieces.size() > Vocabulary.MAX_TOKENS) {
                throw new ModelFormatException(file, "at most " + Vocabulary.MAX_TOKENS + " pieces", "more");
            }
        }
    }

    private Piece piece(ByteBuffer in) {
        int begin = in.position();
        String text = "";
        float score = 0;
        long kind = 1;
        while (in.hasRemaining()) {
            int key = key(in);
            switch (key) {
                case 1 << 3 | LENGTH -> text = text(message(in));
                case 2 << 3 | FOUR_BYTES -> score = need(in, Float.BYTES).getFloat();
                case 3 << 3 | VARINT -> kind = varint(in);
                default -> skip(in, key);
            }
        }
        if (text.isEmpty() || kind < 1 || kind > Kind.values().length) {
            throw damaged(begin, "a piece with text and a type from 1 to 6", "\"" + text + "\" of type " + kind);
        }
        return new Piece(text, score, kind(kind));
    }

    /// The kind of a number from 1 to 6, as both kinds of file have it.
    static Kind kind(long number) {
        return Kind.values()[(int) number - 1];
    }

    private void numbers(ByteBuffer in, Map<Integer, Long> numbers) {
        while (in.hasRemaining()) {
            int key = key(in);
            switch (key & 7) {
                case VARINT -> numbers.put(key >>> 3, varint(in));
                case LENGTH -> numbers.put(key >>> 3, (long) message(in).remaining());
                default -> skip(in, key);
            }
        }
    }

    private void skip(ByteBuffer in, int key) {
        int begin = in.position();
        switch (key & 7) {
            case VARINT -> varint(in);
            case EIGHT_BYTES -> need(in, Long.BYTES).getLong();
            case LENGTH -> message(in);
            case FOUR_BYTES -> need(in, Integer.BYTES).getInt();
            default -> throw damaged(begin, "a field of kind 0, 1, 2 or 5", "kind " + (key & 7));
        }
    }

    private int key(ByteBuffer in) {
        int begin = in.position();
        long key = varint(in);
        if (key < 1 << 3 || key > 0xFFFFFFFFL) {
            throw damaged(begin, "the number and kind of a field", Long.toUnsignedString(key));
        }
        return (int) key;
    }

    private long varint(ByteBuffer in) {
        int begin = in.position();
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte next = need(in, 1).get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw damaged(begin, "a varint of at most 10 bytes", "a longer one");
    }

    /// The bytes of a text or message, which begins with its length; `in` goes on behind them.
    private ByteBuffer message(ByteBuffer in) {
        int begin = in.position();
        long length = varint(in);
        if (length < 0 || length > in.remaining()) {
            throw damaged(
                    begin, "a length of at most the " + in.remaining() + " bytes left", Long.toUnsignedString(length));
        }
        int end = in.position() + (int) length;
        ByteBuffer message = in.duplicate().order(ByteOrder.LITTLE_ENDIAN).limit(end);
        in.position(end);
        return message;
    }

    private ByteBuffer need(ByteBuffer in, int bytes) {
        if (in.remaining() < bytes) {
            throw damaged(in.position(), bytes + " more bytes", in.remaining() + " bytes");
        }
        return in;
    }

    private String text(ByteBuffer in) {
        int begin = in.position();
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(in).toString();
        } catch (CharacterCodingException e) {
            throw damaged(begin, "UTF-8", e.toString());
        }
    }

    private ModelFormatException damaged(int at, String expected, String found) {
        return new ModelFormatException(file, "at byte " + at + " " + expected, found);
    }
}
