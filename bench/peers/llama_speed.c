// llama.cpp's time for a prompt and for tokens after it, with llama-bench's settings: random tokens, n_batch 2048, n_ubatch
// 512, f16 cache, flash attention "auto", a thread pool that lives as long as the context, one prompt and one token to warm
// up. Unlike llama-bench, tokens are decoded after the prompt rather than on an empty cache.
// Build: see README.md. Run: llama_speed FILE.gguf ROWS TOKENS [RUNS] [THREADS]; LLAMA_LOG=1 shows what the library says.
// With `-` for TOKENS it reads counts of tokens from its input and decodes as many each time, after the same prompt.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "llama.h"

enum { BATCH = 2048, MICRO_BATCH = 512, MAX_RUNS = 100, MAX_TURN = 1000 };

static void require(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "llama_speed: %s\n", what);
        exit(1);
    }
}

static void log_line(enum ggml_log_level level, const char *text, void *all) {
    if (level == GGML_LOG_LEVEL_ERROR || (all && level != GGML_LOG_LEVEL_DEBUG)) {
        fputs(text, stderr);
    }
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

// The file that holds a function.
static const char *file_of(void *function) {
    Dl_info info;
    require(function && dladdr(function, &info), "cannot tell which library is loaded");
    return info.dli_fname;
}

// Passes `rows` random tokens through the model in as few calls as there are batches; returns the seconds it took.
static double rows_seconds(struct llama_context *context, int rows, int vocabulary) {
    static llama_token tokens[BATCH];
    double begin = seconds();
    for (int done = 0; done < rows;) {
        int count = rows - done < BATCH ? rows - done : BATCH;
        for (int i = 0; i < count; i++) {
            tokens[i] = rand() % vocabulary;
        }
        require(llama_decode(context, llama_batch_get_one(tokens, count)) == 0, "a pass failed");
        done += count;
    }
    llama_synchronize(context);
    return seconds() - begin;
}

// Takes turns: for each count read, decodes two tokens that warm up and then as many, and writes the seconds of those.
static void serve(struct llama_context *context, int rows, int vocabulary) {
    rows_seconds(context, rows, vocabulary);
    for (int tokens; scanf("%d", &tokens) == 1;) {
        require(tokens > 0 && tokens <= MAX_TURN, "expected a count of at least 1 and not too many");
        llama_memory_seq_rm(llama_get_memory(context), 0, rows, -1);
        double spent = 0;
        for (int i = -2; i < tokens; i++) {
            double one = rows_seconds(context, 1, vocabulary);
            spent += i < 0 ? 0 : one;
        }
        printf("seconds %.6f\n", spent);
        fflush(stdout);
    }
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static double median(double *values, int count) {
    qsort(values, (size_t) count, sizeof *values, by_size);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

// Headers of another version than the library's would shift the fields, with wrong numbers rather than an error.
static void require_layout(struct llama_model_params model, struct llama_context_params context) {
    require(context.n_batch == BATCH && context.n_ubatch == MICRO_BATCH && context.n_seq_max == 1
                    && context.n_threads == GGML_DEFAULT_N_THREADS && context.n_threads_batch == GGML_DEFAULT_N_THREADS
                    && context.flash_attn_type == LLAMA_FLASH_ATTN_TYPE_AUTO && context.rope_freq_base == 0
                    && context.yarn_beta_slow == -1 && context.yarn_orig_ctx == 0 && context.defrag_thold == -1
                    && context.type_k == GGML_TYPE_F16 && context.type_v == GGML_TYPE_F16 && !context.abort_callback
                    && !context.embeddings && context.offload_kqv && context.swa_full && !context.kv_unified
                    && !context.samplers && !context.ctx_other && model.n_gpu_layers == -1
                    && model.load_mode == LLAMA_LOAD_MODE_AUTO && model.use_extra_bufts && !model.no_alloc,
            "the library's defaults are not where the headers say: are they of the same version?");
}

// Threads that go on spinning between products, as llama-bench's do.
static ggml_threadpool_t threadpool(int threads) {
    ggml_backend_reg_t cpu = ggml_backend_dev_backend_reg(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
    void *make = ggml_backend_reg_get_proc_address(cpu, "ggml_threadpool_new");
    printf("%s, %d threads\n%s\n", file_of(make), threads, llama_print_system_info());
    struct ggml_threadpool_params params = ggml_threadpool_params_default(threads);
    return ((ggml_threadpool_t (*)(struct ggml_threadpool_params *)) make)(&params);
}

int main(int argc, char **argv) {
    require(argc >= 4, "expected FILE.gguf ROWS TOKENS [RUNS] [THREADS]");
    int serves = strcmp(argv[3], "-") == 0;
    int rows = atoi(argv[2]), tokens = serves ? MAX_TURN + 2 : atoi(argv[3]), runs = argc > 4 ? atoi(argv[4]) : 3;
    int threads = argc > 5 ? atoi(argv[5]) : (int) sysconf(_SC_NPROCESSORS_ONLN);
    require(rows > 0 && tokens > 0 && runs > 0 && runs <= MAX_RUNS && threads > 0, "expected counts of at least 1");

    llama_log_set(log_line, getenv("LLAMA_LOG"));
    char libraries[4096];
    snprintf(libraries, sizeof libraries, "%s", file_of((void *) llama_backend_init));
    ggml_backend_load_all_from_path(dirname(libraries)); // takes the best of the processor's variants
    llama_backend_init();

    struct llama_model_params model_params = llama_model_default_params();
    struct llama_context_params context_params = llama_context_default_params();
    require_layout(model_params, context_params);
    struct llama_model *model = llama_model_load_from_file(argv[1], model_params);
    require(model != NULL, "cannot load the model");
    context_params.n_ctx = (uint32_t) (rows + tokens);
    context_params.n_threads = context_params.n_threads_batch = threads;
    context_params.swa_full = false;
    struct llama_context *context = llama_init_from_model(model, context_params);
    require(context != NULL, "cannot make a context");
    ggml_threadpool_t pool = threadpool(threads);
    llama_attach_threadpool(context, pool, NULL);

    int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
    if (serves) {
        serve(context, rows, vocabulary);
        return 0;
    }
    double prompt[MAX_RUNS], decode[MAX_RUNS]; // tokens/s
    for (int run = -1; run < runs; run++) {    // the first, which warms up, does not count
        llama_memory_clear(llama_get_memory(context), false);
        double prompt_seconds = rows_seconds(context, rows, vocabulary), decode_seconds = 0;
        for (int i = 0; i < (run < 0 ? 1 : tokens); i++) {
            decode_seconds += rows_seconds(context, 1, vocabulary);
        }
        if (run >= 0) {
            prompt[run] = rows / prompt_seconds;
            decode[run] = tokens / decode_seconds;
            printf("run %d: prompt of %d in %.3f s, %.2f tokens/s; decoding %.2f tokens/s\n", run + 1, rows,
                   prompt_seconds, prompt[run], decode[run]);
            fflush(stdout);
        }
    }
    printf("median: prompt %.2f tokens/s; decoding %.2f tokens/s\n", median(prompt, runs), median(decode, runs));
    return 0; // the process ends here, and its memory with it
}
