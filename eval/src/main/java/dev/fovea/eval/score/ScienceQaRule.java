package dev.fovea.eval.score;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How ScienceQA's harnesses find the chosen letter in an answer.
public enum ScienceQaRule {
    /// `llava/eval/eval_science_qa.py`: the letter alone, `X. …`, or one `The answer is X` followed by a character. The
    /// reference's last period is a wildcard, so any character but a line break will do.
    LLAVA {
        @Override
        Optional<String> find(String answer) {
            if (LETTERS.contains(answer)) {
                return Optional.of(answer);
            }
            if (answer.startsWith(". ", 1) && LETTERS.contains(answer.substring(0, 1))) {
                return Optional.of(answer.substring(0, 1));
            }
            List<String> said = SENTENCE.matcher(answer)
                    .results()
                    .map(found -> found.group(1))
                    .toList();
            return said.size() == 1 ? Optional.of(said.getFirst()) : Optional.empty();
        }
    },

    /// lmms-eval, `lmms_eval/tasks/scienceqa/utils.py`: the letter alone in either case, or a capital and a period.
    LMMS_EVAL {
        @Override
        Optional<String> find(String answer) {
            Matcher alone = ALONE.matcher(answer);
            return alone.matches() || CAPITAL.matcher(answer).lookingAt()
                    ? Optional.of(answer.substring(0, 1).toUpperCase(Locale.ROOT))
                    : Optional.empty();
        }
    };

    private static final List<String> LETTERS = List.of("A", "B", "C", "D", "E");

    /// Groups from the left: `The answer is B` at the very end has no character behind it and is missed.
    private static final Pattern SENTENCE = Pattern.compile("The answer is ([A-Z])[^\\n]");

    private static final Pattern ALONE = Pattern.compile("[A-Za-z]");
    private static final Pattern CAPITAL = Pattern.compile("[A-Z]\\.");

    /// The letter that `answer` chooses among `choices` options; empty where it chooses none, which is wrong.
    public Optional<String> letter(String answer, int choices) {
        return find(answer).filter(letter -> {
            int index = letter.charAt(0) - 'A';
            return index < choices && index < LETTERS.size();
        });
    }

    abstract Optional<String> find(String answer);
}
