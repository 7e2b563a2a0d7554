package dev.fovea.engine.tokenizer;

import dev.fovea.engine.tokenizer.AddedTokens.Trie;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.IntStream;

/// Byte-pair encoding of words: characters, joined pair by pair, best rank first and leftmost first.
///
/// A word of n characters costs O(n log n): the symbols are a linked list and the possible merges a heap, so a
/// text that is not cut into words (a megabyte as one word) takes no longer than one that is.
final class BytePairs {
    /// No such token or pair.
    static final int NONE = -1;

    /// @param unknown the id that stands for what has no token, or [#NONE]: then it is dropped
    /// @param fuseUnknown several of those in a row are one
    /// @param byteFallback what has no token is written as bytes, where all of its bytes have one
    /// @param wholeWords a word that is a token is that token, whatever the merges say
    record Rules(int unknown, boolean fuseUnknown, boolean byteFallback, boolean wholeWords) {}

    private final Rules rules;
    private final Map<String, Integer> words; // the model's tokens if whole words count, else empty
    private final int[] characters; // [highest code point + 1], the ids of one-character tokens
    private final int[] bytes; // [256], the ids of <0x00> to <0xFF>
    private final PairTable pairs;
    private final Trie frozen;

    /// @param model the model's own tokens, without added ones
    /// @param frozen tokens that are taken from a word before anything else and never merged
    BytePairs(Map<String, Integer> model, PairTable pairs, Trie frozen, Rules rules) {
        this.rules = rules;
        this.pairs = pairs;
        this.frozen = frozen;
        words = rules.wholeWords() ? Map.copyOf(model) : Map.of();
        characters = characters(model);
        bytes = new int[256];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = rules.byteFallback() ? model.getOrDefault(byteToken(i), NONE) : NONE;
        }
    }

    static String byteToken(int value) {
        return "<0x" + HexFormat.of().withUpperCase().toHexDigits((byte) value) + ">";
    }

    private static int[] characters(Map<String, Integer> model) {
        int highest = 0;
        for (String token : model.keySet()) {
            if (isOneCharacter(token)) {
                highest = Math.max(highest, token.codePointAt(0));
            }
        }
        int[] ids = new int[highest + 1];
        Arrays.fill(ids, NONE);
        model.forEach((token, id) -> {
            if (isOneCharacter(token)) {
                ids[token.codePointAt(0)] = id;
            }
        });
        return ids;
    }

    private static boolean isOneCharacter(String token) {
        return !token.isEmpty() && token.length() == Character.charCount(token.codePointAt(0));
    }

    /// Adds the ids of a word.
    ///
    /// @param word without half surrogate pairs
    void encode(String word, IntStream.Builder out) {
        Integer whole = words.get(word);
        if (whole != null) {
            out.add(whole);
            return;
        }
        Symbols symbols = new Symbols(2 * word.length() + 1);
        split(word, symbols);
        symbols.merge(pairs);
        for (int i = 0; i < symbols.count; i++) {
            if (symbols.ids[i] != NONE) {
                out.add(symbols.ids[i]);
            }
        }
    }

    private void split(String word, Symbols out) {
        int unknowns = 0;
        int at = 0;
        while (at < word.length()) {
            int node = frozen.longest(word, at);
            int c = word.codePointAt(at);
            int id = node != Trie.NONE ? frozen.value(node) : c < characters.length ? characters[c] : NONE;
            at += node != Trie.NONE ? frozen.length(node) : Character.charCount(c);
            if (id != NONE) {
                addUnknowns(unknowns, out);
                unknowns = 0;
                out.add(id);
            } else if (!addBytes(c, out)) {
                // An unknown waits for the next known character, also past bytes: the reference's order.
                unknowns++;
            }
        }
        addUnknowns(unknowns, out);
    }

    private void addUnknowns(int count, Symbols out) {
        if (rules.unknown() == NONE) {
            return;
        }
        for (int i = 0; i < (rules.fuseUnknown() ? Math.min(count, 1) : count); i++) {
            out.add(rules.unknown());
        }
    }

    private boolean addBytes(int c, Symbols out) {
        int before = out.count;
        int shift = c < 0x80 ? 0 : c < 0x800 ? 6 : c < 0x10000 ? 12 : 18;
        int lead = c < 0x80 ? 0 : c < 0x800 ? 0xC0 : c < 0x10000 ? 0xE0 : 0xF0;
        for (int s = shift; s >= 0; s -= 6) {
            int id = bytes[s == shift ? lead | c >> s : 0x80 | (c >> s & 0x3F)];
            if (id == NONE) {
                out.count = before;
                return false;
            }
            out.add(id);
        }
        return true;
    }

    /// The symbols of one word as a linked list over arrays.
    private static final class Symbols {
        private int[] ids; // [count], NONE once merged into the one before
        private int count;

        Symbols(int capacity) {
            ids = new int[capacity];
        }

        void add(int id) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = id;
        }

        void merge(PairTable pairs) {
            int[] before = new int[count];
            int[] after = new int[count];
            MergeQueue queue = new MergeQueue(count);
            for (int i = 0; i < count; i++) {
                before[i] = i - 1;
                after[i] = i + 1 < count ? i + 1 : NONE;
                offer(pairs, queue, i, after[i]);
            }
            while (!queue.isEmpty()) {
                long merge = queue.poll();
                int left = MergeQueue.place(merge);
                int right = after[left];
                int pair = right == NONE ? NONE : pairs.find(ids[left], ids[right]);
                // An entry is stale when one of its symbols has been merged with something else since.
                if (ids[left] == NONE || pair == NONE || pairs.rank(pair) != MergeQueue.rank(merge)) {
                    continue;
                }
                ids[left] = pairs.merged(pair);
                ids[right] = NONE;
                after[left] = after[right];
                if (after[left] != NONE) {
                    before[after[left]] = left;
                }
                offer(pairs, queue, before[left], left);
                offer(pairs, queue, left, after[left]);
            }
        }

        private void offer(PairTable pairs, MergeQueue queue, int left, int right) {
            int pair = left == NONE || right == NONE ? NONE : pairs.find(ids[left], ids[right]);
            if (pair != NONE) {
                queue.add(pairs.rank(pair), left);
            }
        }
    }

    /// A binary heap of possible merges: lowest rank first, then leftmost.
    private static final class MergeQueue {
        private long[] heap; // [count], rank << 32 | place
        private int count;

        MergeQueue(int capacity) {
            heap = new long[Math.max(16, capacity)];
        }

        static int rank(long merge) {
            return (int) (merge >>> 32);
        }

        static int place(long merge) {
            return (int) merge;
        }

        boolean isEmpty() {
            return count == 0;
        }

        void add(int rank, int place) {
            if (count == heap.length) {
                heap = Arrays.copyOf(heap, 2 * count);
            }
            long merge = (long) rank << 32 | place;
            int at = count++;
            while (at > 0 && heap[(at - 1) / 2] > merge) {
                heap[at] = heap[(at - 1) / 2];
                at = (at - 1) / 2;
            }
            heap[at] = merge;
        }

        long poll() {
            long first = heap[0];
            long last = heap[--count];
            int at = 0;
            while (2 * at + 1 < count) {
                int child = 2 * at + 1;
                if (child + 1 < count && heap[child + 1] < heap[child]) {
                    child++;
                }
                if (heap[child] >= last) {
                    break;
                }
                heap[at] = heap[child];
                at = child;
            }
            heap[at] = last;
            return first;
        }
    }
}
