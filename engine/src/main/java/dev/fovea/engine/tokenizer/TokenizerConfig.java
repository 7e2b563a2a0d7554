package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.SmallFiles;
import dev.fovea.engine.tokenizer.AddedTokens.AddedToken;
import dev.fovea.engine.tokenizer.AddedTokens.Flag;
import dev.fovea.engine.tokenizer.TextRewrite.Place;
import dev.fovea.engine.tokenizer.Tokenizer.Frame;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.node.MissingNode;

/// What `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json` say; each of them may be absent.
final class TokenizerConfig {
    /// An added token's text is a trie's path; longer ones than this do not occur and would only cost time.
    private static final int MAX_CONTENT_CHARS = 1024;

    private static final List<String> ROLES = List.of("bos_token", "eos_token", "unk_token", "pad_token");

    private final JsonField config;
    private final JsonField specials;
    private final JsonField added;

    private TokenizerConfig(JsonField config, JsonField specials, JsonField added) {
        this.config = config;
        this.specials = specials;
        this.added = added;
    }

    static TokenizerConfig load(SmallFiles files) {
        return new TokenizerConfig(
                readIfThere(files, "tokenizer_config.json"),
                readIfThere(files, "special_tokens_map.json"),
                readIfThere(files, "added_tokens.json"));
    }

    private static JsonField readIfThere(SmallFiles files, String name) {
        if (!files.has(name)) {
            return JsonField.of(files.path(name), MissingNode.getInstance());
        }
        JsonField content = JsonField.read(files, name);
        if (!content.isObject()) {
            throw content.unexpected("an object");
        }
        return content;
    }

    boolean flag(String name, boolean otherwise) {
        return config.at(name).flag(otherwise);
    }

    /// The text of the token with a role such as `bos_token`.
    Optional<String> named(String role) {
        return content(config.at(role)).or(() -> content(specials.at(role)));
    }

    /// A token given as a string or as an object with its flags.
    private static Optional<String> content(JsonField token) {
        if (!token.present()) {
            return Optional.empty();
        }
        return Optional.of(token.isObject() ? token.at("content").text() : token.text());
    }

    /// Every token that these files add or give a role, of those that have an id.
    ///
    /// @param known the tokens known without these files
    List<AddedToken> declared(Map<String, Integer> known) {
        Declared declared = new Declared(known);
        JsonField decoder = config.at("added_tokens_decoder");
        if (decoder.present()) {
            decoder.fields().forEach((id, token) -> declared.add(token, token(idOf(id, token), token)));
        }
        Set<String> special = specialContents();
        if (added.present()) {
            // This file knows no flags: its tokens are found in the text as it came.
            added.fields().forEach((content, id) -> {
                Set<Flag> flags = special.contains(content) ? EnumSet.of(Flag.SPECIAL) : EnumSet.noneOf(Flag.class);
                declared.add(id, checked(id, new AddedToken(id.count(), content, flags)));
            });
        }
        for (String content : special) {
            Integer id = known.get(content);
            if (id != null) {
                declared.add(config, checked(config, new AddedToken(id, content, EnumSet.of(Flag.SPECIAL))));
            }
        }
        return List.copyOf(declared.tokens.values());
    }

    /// The tokens declared so far, each at odds neither with one known before nor with another.
    private static final class Declared {
        final Map<String, AddedToken> tokens = new LinkedHashMap<>();
        private final Map<String, Integer> known;
        private final Map<Integer, String> owners = new HashMap<>();

        Declared(Map<String, Integer> known) {
            this.known = known;
            known.forEach((content, id) -> owners.put(id, content));
        }

        void add(JsonField place, AddedToken token) {
            if (tokens.containsKey(token.content())) {
                return;
            }
            String owner = owners.putIfAbsent(token.id(), token.content());
            int id = known.getOrDefault(token.content(), token.id());
            if (id != token.id() || (owner != null && !owner.equals(token.content()))) {
                String found = "the id " + token.id() + " for \"" + token.content() + "\"";
                throw place.unexpected("one id for each token and one token for each id", found);
            }
            if (id >= known.size() + Vocabulary.MAX_HOLES) {
                throw place.unexpected("an id near the " + known.size() + " known tokens", String.valueOf(id));
            }
            tokens.put(token.content(), token);
        }
    }

    private static int idOf(String key, JsonField token) {
        if (!key.matches("\\d{1,9}")) {
            throw token.unexpected("a token id as key", "\"" + key + "\"");
        }
        return Integer.parseInt(key);
    }

    /// The texts of tokens with a role, and of further ones said to be special.
    private Set<String> specialContents() {
        Set<String> contents = new LinkedHashSet<>();
        for (String role : ROLES) {
            named(role).ifPresent(contents::add);
        }
        for (JsonField file : List.of(config, specials)) {
            JsonField more = file.at("additional_special_tokens");
            if (more.present()) {
                more.items().forEach(token -> content(token).ifPresent(contents::add));
            }
        }
        return contents;
    }

    /// An added token as both `tokenizer.json` and `tokenizer_config.json` describe it.
    static AddedToken token(int id, JsonField token) {
        Set<Flag> flags = EnumSet.noneOf(Flag.class);
        for (Flag flag : Flag.values()) {
            // A token of which it is not said is normalised unless it is special.
            boolean otherwise =
                    flag == Flag.NORMALIZED && !token.at(Flag.SPECIAL.key).flag(false);
            if (token.at(flag.key).flag(otherwise)) {
                flags.add(flag);
            }
        }
        return checked(token, new AddedToken(id, token.at("content").text(), flags));
    }

    private static AddedToken checked(JsonField place, AddedToken token) {
        int chars = token.content().length();
        if (chars == 0 || chars > MAX_CONTENT_CHARS) {
            throw place.unexpected("a token of 1 to " + MAX_CONTENT_CHARS + " characters", chars + " characters");
        }
        return token;
    }

    /// The added tokens of two sources, normalised where they are to be; the first that knows a token describes it.
    static List<AddedToken> merged(List<AddedToken> first, List<AddedToken> second, TextRewrite rewrite) {
        Map<String, AddedToken> tokens = new LinkedHashMap<>();
        Stream.concat(first.stream(), second.stream()).forEach(token -> tokens.putIfAbsent(token.content(), token));
        List<AddedToken> normalized = new ArrayList<>();
        for (AddedToken token : tokens.values()) {
            normalized.add(token.normalized(text -> rewrite.normalize(text, Place.START)));
        }
        return normalized;
    }

    /// The frame with the roles these files give; where they say whether BOS or EOS is added, that holds.
    ///
    /// @param usual what the tokenizer file itself says
    Frame frame(Frame usual, Vocabulary vocabulary) {
        OptionalInt bos = id("bos_token", usual.bos(), vocabulary);
        OptionalInt eos = id("eos_token", usual.eos(), vocabulary);
        OptionalInt pad = id("pad_token", usual.pad(), vocabulary);
        return new Frame(
                around("add_bos_token", bos, usual.before()),
                around("add_eos_token", eos, usual.after()),
                bos,
                eos,
                pad);
    }

    private OptionalInt id(String role, OptionalInt otherwise, Vocabulary vocabulary) {
        Optional<String> token = named(role);
        return token.isPresent() ? vocabulary.id(token.get()) : otherwise;
    }

    private int[] around(String flag, OptionalInt id, int[] usual) {
        if (!config.at(flag).present()) {
            return usual;
        }
        return flag(flag, false) ? id.stream().toArray() : new int[0];
    }
}
