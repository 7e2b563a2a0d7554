// llama.cpp's time for one 336x336 tile through LLaVA's vision part, CLIP and the projector, as mtmd calls it: flash attention
// "auto", one tile a call (the graph is built anew in each), one call to warm up.
// Build: see README.md. Run: llama_tower MMPROJ.gguf [RUNS] [THREADS]; LLAMA_LOG=1 shows what the library says.
#include <dlfcn.h>
#include <libgen.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "clip-impl.h"
#include "ggml-backend.h"
#include "llama.h"

static const int SIZE = 336;

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "llama_tower: %s\n", what);
        exit(1);
    }
}

static void log_line(ggml_log_level level, const char *text, void *all) {
    if (level == GGML_LOG_LEVEL_ERROR || (all && level != GGML_LOG_LEVEL_DEBUG)) {
        fputs(text, stderr);
    }
}

// The file that holds a function.
static const char *file_of(void *function) {
    Dl_info info;
    require(function && dladdr(function, &info), "cannot tell which library is loaded");
    return info.dli_fname;
}

// Sources of another version than the library's would shift the fields of a tensor, or the numbers of types and operations.
static void require_layout() {
    require(strncmp(llama_version(), "0.5.0", 5) == 0, "expected the library of llama.cpp 0.5.0");
    require(ggml_tensor_overhead() == 32 + sizeof(ggml_tensor) // 32: ggml_object, which no header shows
                    && strcmp(ggml_op_name(GGML_OP_FLASH_ATTN_EXT), "FLASH_ATTN_EXT") == 0
                    && strcmp(ggml_type_name(GGML_TYPE_BF16), "bf16") == 0,
            "the library's tensors are not as the headers say: are they of the same version?");
}

static clip_image_f32 random_tile() {
    std::mt19937 random(0);
    std::normal_distribution<float> normal;
    std::vector<float> pixels(SIZE * SIZE * 3);
    std::generate(pixels.begin(), pixels.end(), [&] { return normal(random); });
    clip_image_f32 tile;
    tile.set_size({SIZE, SIZE}, false, false);
    tile.cpy_buf(pixels);
    return tile;
}

int main(int argc, char **argv) {
    require(argc >= 2, "expected MMPROJ.gguf [RUNS] [THREADS]");
    int runs = argc > 2 ? atoi(argv[2]) : 5;
    int threads = argc > 3 ? atoi(argv[3]) : (int) sysconf(_SC_NPROCESSORS_ONLN);
    require(runs > 0 && threads > 0, "expected counts of at least 1");

    llama_log_set(log_line, getenv("LLAMA_LOG")); // ggml's messages too
    g_logger_state = {log_line, getenv("LLAMA_LOG")};
    char libraries[4096];
    snprintf(libraries, sizeof libraries, "%s", file_of((void *) llama_backend_init));
    ggml_backend_load_all_from_path(dirname(libraries)); // takes the best of the processor's variants
    require_layout();

    clip_context_params params = {};
    params.flash_attn_type = CLIP_FLASH_ATTN_TYPE_AUTO;
    params.warmup = true; // makes room; computes nothing
    clip_ctx *tower = clip_init(argv[1], params).ctx_v;
    require(tower != nullptr, "cannot load the vision part");
    ggml_backend_reg_t cpu = ggml_backend_dev_backend_reg(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
    printf("%s, %d threads\n%s\n", file_of(ggml_backend_reg_get_proc_address(cpu, "ggml_threadpool_new")), threads,
           llama_print_system_info());

    clip_image_f32 tile = random_tile();
    int rows = clip_n_output_tokens(tower, &tile), width = clip_n_mmproj_embd(tower);
    std::vector<float> out((size_t) rows * width); // left empty, it would get nothing
    std::vector<double> seconds;
    for (int run = -1; run < runs; run++) { // the first, which warms up, does not count
        auto begin = std::chrono::steady_clock::now();
        require(clip_image_encode(tower, threads, &tile, out), "a pass failed");
        std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        if (run >= 0) {
            seconds.push_back(took.count());
            printf("run %d: %d rows of %d in %.3f s\n", run + 1, rows, width, took.count());
            fflush(stdout);
        }
    }
    require(std::all_of(out.begin(), out.end(), [](float x) { return std::isfinite(x); }), "some results are not numbers");
    std::sort(seconds.begin(), seconds.end());
    printf("median: %.3f s a tile\n", (seconds[(runs - 1) / 2] + seconds[runs / 2]) / 2);
    return 0; // the process ends here, and its memory with it
}
