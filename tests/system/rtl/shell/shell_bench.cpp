// Drives the shell with a stand-in core through its registers and its memory: batches, stalls, faults, resets.
//
// It is compiled with the shell's parameters SCORE_BITS, WORD_SCORES and WORD_BYTES: how scores are packed.
// The rules of AXI are assertions in the model (overlays/rtl/rules): one that is broken ends the bench.
// Where the counts of states were compiled in (overlays/rtl/states), those of each circuit go to the file COVERAGE.<number>.
#include "circuit.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#if VM_COVERAGE
#include "verilated_cov.h"
#endif

namespace {

constexpr uint64_t base = 0x7'1000'0000, size = 1 << 20;  // above 4 GiB, so both words of an address count
constexpr unsigned scores = 4, score_bits = SCORE_BITS, word_scores = WORD_SCORES, word_bytes = WORD_BYTES;
constexpr uint64_t image_bytes = 3072, score_bytes = scores / word_scores * word_bytes;  // of an image
constexpr uint32_t control = 0x00, low = 0x10, high = 0x14, images_at = 0x1c, identity = 0x40, causes = 0x44;
constexpr uint32_t first_low = 0x48, first_high = 0x4c, end_low = 0x50, end_high = 0x54, lock = 0x58;
constexpr uint32_t start = 1, done = 2, idle = 4, ready = 8, fault = 1 << 16;
constexpr uint32_t address_cause = 1, slave_cause = 2, decode_cause = 4, peer_cause = 8;

int failures = 0;

void check(bool holds, const std::string &what) {
    if (holds) return;
    std::printf("FAILED: %s\n", what.c_str());
    failures++;
}

// A memory of random bytes, and a circuit whose window is the whole of it.
struct Bench {
    std::vector<uint8_t> memory;
    Circuit circuit;
    std::mt19937 random;

    explicit Bench(unsigned seed = 1) : memory(fill(seed)), circuit(memory.data(), base, size, seed), random(seed) {
        fix_window(base, base + size);
    }

    // The counters are the circuit's, and end with it.
    ~Bench() {
#if VM_COVERAGE
        static int circuits = 0;
        if (const char *file = std::getenv("COVERAGE"))
            VerilatedCov::write((std::string(file) + "." + std::to_string(circuits++)).c_str());
        VerilatedCov::clear();
#endif
    }

    static std::vector<uint8_t> fill(unsigned seed) {
        std::mt19937 random(seed);
        std::vector<uint8_t> bytes(size);
        for (auto &byte : bytes) byte = uint8_t(random());
        return bytes;
    }

    void fix_window(uint64_t from, uint64_t end) {
        for (Dma dma : {Dma::input, Dma::output}) {
            circuit.write(dma, first_low, uint32_t(from));
            circuit.write(dma, first_high, uint32_t(from >> 32));
            circuit.write(dma, end_low, uint32_t(end));
            circuit.write(dma, end_high, uint32_t(end >> 32));
            circuit.write(dma, lock, 1);
        }
    }

    void begin(Dma dma, uint64_t address, uint32_t images) {
        circuit.write(dma, low, uint32_t(address));
        circuit.write(dma, high, uint32_t(address >> 32));
        circuit.write(dma, images_at, images);
        circuit.write(dma, control, start);
    }

    // The control register of the output DMA, once it is done or has a fault, or after `most` cycles.
    uint32_t wait(uint64_t most) {
        uint64_t end = circuit.cycles + most;
        for (;;) {
            uint32_t value = circuit.read(Dma::output, control);
            if (value & (done | fault) || circuit.cycles >= end) return value;
            circuit.run(50);
        }
    }

    // Both DMAs, output first as FINN's driver does it.
    uint32_t batch(uint64_t from, uint64_t to, uint32_t images) {
        begin(Dma::output, to, images);
        begin(Dma::input, from, images);
        return wait(100'000 + uint64_t{images} * 20'000);
    }

    unsigned expected(uint64_t image, unsigned score) const {
        unsigned sum = score;
        for (uint64_t i = 0; i < image_bytes; i++) sum += memory[image - base + i] * unsigned(i % 3 + score + 1);
        return sum % (1u << score_bits);
    }

    // The scores of an image as FINN packs them, bit by bit: the sign of a word's last score fills it up.
    std::vector<uint8_t> packed(uint64_t image) const {
        unsigned of_classes[scores];
        for (unsigned score = 0; score < scores; score++) of_classes[score] = expected(image, score);
        std::vector<uint8_t> bytes(score_bytes);
        for (unsigned bit = 0; bit < 8 * score_bytes; bit++) {
            unsigned word = bit / (8 * word_bytes), in_word = bit % (8 * word_bytes);
            unsigned place = std::min(in_word, word_scores * score_bits - 1);
            unsigned score = of_classes[word * word_scores + place / score_bits];
            bytes[bit / 8] = uint8_t(bytes[bit / 8] | (score >> place % score_bits & 1) << bit % 8);
        }
        return bytes;
    }

    // Takes what was written, and compares it with the scores of the images from `from` on.
    bool is_right(uint64_t from, uint64_t to, uint32_t images) {
        std::vector<uint8_t> got;
        for (const Burst &burst : circuit.written) {
            if (burst.address != to + got.size()) return false;
            got.insert(got.end(), burst.bytes.begin(), burst.bytes.end());
        }
        circuit.written.clear();
        std::vector<uint8_t> right;
        for (uint32_t image = 0; image < images; image++) {
            std::vector<uint8_t> bytes = packed(from + image * image_bytes);
            right.insert(right.end(), bytes.begin(), bytes.end());
        }
        return got == right;
    }

    void restart() {
        circuit.reset();
        fix_window(base, base + size);
    }
};

void registers_are_those_of_finn() {
    Bench bench;
    for (Dma dma : {Dma::input, Dma::output}) {
        check(bench.circuit.read(dma, control) == idle, "idle after a reset");
        bench.circuit.write(dma, low, 0x1234'5678);
        bench.circuit.write(dma, high, 0x9);
        bench.circuit.write(dma, images_at, 17);
        check(bench.circuit.read(dma, low) == 0x1234'5678 && bench.circuit.read(dma, high) == 9, "both address words");
        check(bench.circuit.read(dma, images_at) == 17, "the number of images");
        check(bench.circuit.read(dma, identity) == 0x4243'4f50, "the identity");
        check(bench.circuit.read(dma, 0x18) == 0, "a register that does not exist reads 0");
        bench.circuit.write(dma, control, 0);
        check(bench.circuit.read(dma, control) == idle, "a write of 0 starts nothing");
    }
    uint32_t value = bench.batch(base, base + 0x8000, 1);
    check(value == (done | idle | ready), "done, idle and ready after a batch");
    check(bench.circuit.read(Dma::output, control) == idle, "a read clears done");
    check(bench.circuit.read(Dma::input, control) == (done | idle | ready), "the input DMA is done as well");
    check(bench.is_right(base, base + 0x8000, 1), "the scores of one image");
}

void batches_are_right_however_the_memory_stalls() {
    uint64_t batches = 0, images_in_all = 0;
    for (int stall : {0, 10, 50, 90})
        for (int latency : {0, 1, 40}) {
            Bench bench(stall + latency + 1);
            bench.circuit.behaviour.stall_percent = stall;
            bench.circuit.behaviour.latency_cycles = latency;
            for (int i = 0; i < 4; i++) {
                uint32_t images = i == 0 ? 17 : 1 + bench.random() % 5;
                // Any multiple of a beat: images and scores lie across 4 KiB boundaries.
                uint64_t from = base + bench.random() % 0x8'0000 / 8 * 8, to = base + 0xa'0000 + bench.random() % 0x4000 / 8 * 8;
                uint32_t value = bench.batch(from, to, images);
                check((value & (done | fault)) == done, "a batch is done with " + std::to_string(stall) + " % of stalls");
                check(bench.is_right(from, to, images), "scores with " + std::to_string(stall) + " % of stalls");
                batches++;
                images_in_all += images;
            }
        }
    std::printf("%lu batches, %lu images with random stalls\n", batches, images_in_all);
}

// Images that are no whole number of beats begin within a beat, and a transfer ends within one.
void each_number_of_images_fills_its_bytes_and_no_other() {
    Bench bench;
    for (uint32_t images = 1; images <= 17; images++) {
        uint64_t from = base + images * 40, to = base + 0x8'1000 - images / 3 * 8;  // over the end of a page
        check((bench.batch(from, to, images) & (done | fault)) == done, std::to_string(images) + " images are done");
        check(bench.is_right(from, to, images), "the bytes of " + std::to_string(images) + " images");
    }
}

void scores_that_no_transfer_wants_wait_for_the_next_one() {
    Bench bench;
    uint64_t first = base + 0x8'0000, second = base + 0x9'0000;
    bench.begin(Dma::output, first, 1);
    bench.begin(Dma::input, base, 2);
    check((bench.wait(20'000) & (done | fault)) == done, "one of two images is done");
    bench.circuit.run(3000);
    check(bench.is_right(base, first, 1), "the scores of the first image only");
    bench.begin(Dma::output, second, 1);
    check((bench.wait(20'000) & (done | fault)) == done, "then the second one");
    check(bench.is_right(base + image_bytes, second, 1), "with its scores");
}

void a_pixel_passes_in_every_cycle() {
    Bench bench;
    uint64_t begun = bench.circuit.cycles;
    bench.batch(base, base + 0x8'0000, 16);
    uint64_t taken = bench.circuit.cycles - begun;
    std::printf("16 images: %lu cycles, %.1f an image of 1,024 pixels and 4 scores\n", taken, double(taken) / 16);
    check(taken < 16 * 1030 + 300, "a pixel passes in every cycle");
}

void done_is_read_once_also_in_the_clock_in_which_a_batch_ends() {
    Bench bench;
    // A read takes two clocks, so one of two batches ends in the clock of a read.
    for (uint64_t later : {0, 1}) {
        bench.begin(Dma::output, base + 0x8000, 1);
        bench.begin(Dma::input, base, 1);
        bench.circuit.run(1000 + later);
        int times = 0;
        for (int i = 0; i < 200; i++) times += (bench.circuit.read(Dma::output, control) & done) != 0;
        check(times == 1, "done is read once");
        check(bench.is_right(base, base + 0x8000, 1), "the scores behind a read at the end");
    }
}

void no_images_are_done_at_once() {
    Bench bench;
    check((bench.batch(base, base, 0) & (done | fault)) == done, "a batch of no images");
    check(bench.circuit.written.empty() && bench.circuit.read_bursts == 0, "which moves nothing");
}

void without_a_window_nothing_is_moved() {
    Bench bench;
    bench.circuit.reset();
    check(bench.batch(base, base, 1) & fault, "a start without a window is a fault");
    check(bench.circuit.read_bursts == 0 && bench.circuit.write_bursts == 0, "and nothing is moved");
    bench.circuit.reset();
    bench.circuit.write(Dma::output, end_low, 0x2000);
    bench.circuit.write(Dma::output, end_low, 0x1000);
    check(bench.circuit.read(Dma::output, end_low) == 0x1000, "a window that is not locked can be changed");
    bench.begin(Dma::output, 0, 1);
    bench.circuit.write(Dma::output, end_low, 0x3000);
    check(bench.circuit.read(Dma::output, end_low) == 0x1000, "but not while the DMA runs");
    bench.circuit.reset();
    bench.fix_window(base, base + 0x1'0000);
    bench.fix_window(0, ~uint64_t{0});
    check(bench.circuit.read(Dma::input, end_low) == uint32_t(base + 0x1'0000), "a locked window stays as it is");
    check(bench.circuit.read(Dma::input, lock) == 1, "the lock can be read");
}

void outside_of_the_window_nothing_is_moved() {
    struct Case {
        const char *name;
        uint64_t from, to;
        uint32_t images, input_causes, output_causes;
    };
    const uint64_t first = base + 0x1'0000, end = base + 0x2'0000, inside = first + 0x8000;
    for (const Case &at : {Case{"read before it", first - 8, inside, 1, address_cause, peer_cause},
                           Case{"read over its end", end - image_bytes + 8, inside, 1, address_cause, peer_cause},
                           Case{"read with the high word of another address", first & 0xffff'ffff, inside, 1, address_cause, peer_cause},
                           Case{"read at no multiple of a beat", first + 2, inside, 1, address_cause, peer_cause},
                           Case{"read more images than it holds", first, inside, 22, address_cause, peer_cause},
                           Case{"read up to the last address", ~uint64_t{0} - 7, inside, 1, address_cause, peer_cause},
                           Case{"write before it", first, first - 8, 1, peer_cause, address_cause},
                           Case{"write behind it", first, end, 1, peer_cause, address_cause},
                           Case{"write over its end", first, end - 8, 2, peer_cause, address_cause}}) {
        Bench bench;
        bench.circuit.reset();
        bench.fix_window(first, end);
        check(bench.batch(at.from, at.to, at.images) & fault, std::string(at.name) + " is a fault");
        bench.circuit.run(100);
        check(bench.circuit.read(Dma::input, causes) == at.input_causes, std::string(at.name) + ": cause at the input");
        check(bench.circuit.read(Dma::output, causes) == at.output_causes, std::string(at.name) + ": cause at the output");
        for (const Burst &burst : bench.circuit.written)
            check(burst.address >= first && burst.address + burst.bytes.size() <= end, std::string(at.name) + ": stays inside");
    }
}

void the_last_beat_must_be_in_the_window_as_a_whole() {
    constexpr uint64_t rest = Circuit::beat_bytes - score_bytes % Circuit::beat_bytes;
    for (uint64_t room : {score_bytes, score_bytes + rest}) {
        Bench bench;
        bench.circuit.reset();
        bench.fix_window(base, base + 0x8000 + room);
        bool is_inside = room > score_bytes || score_bytes % Circuit::beat_bytes == 0;
        uint32_t expected = is_inside ? done : fault;
        check((bench.batch(base, base + 0x8000, 1) & (done | fault)) == expected, "a last beat at the end of the window");
    }
}

void an_error_of_the_memory_is_a_fault_until_a_reset() {
    struct Case {
        const char *name;
        uint64_t error_address;
        Response error;
        uint32_t input_causes, output_causes;
    };
    for (const Case &at : {Case{"SLVERR of a read", base + 4000, slave_error, slave_cause, peer_cause},
                           Case{"DECERR of a read", base + 4000, decode_error, decode_cause, peer_cause},
                           Case{"SLVERR of a write", base + 0x8008, slave_error, peer_cause, slave_cause},
                           Case{"DECERR of a write", base + 0x8008, decode_error, peer_cause, decode_cause}}) {
        Bench bench;
        bench.circuit.behaviour.error_address = at.error_address;
        bench.circuit.behaviour.error = at.error;
        uint32_t value = bench.batch(base, base + 0x8000, 3);
        check((value & (fault | done)) == fault, std::string(at.name) + " is a fault, and never done");
        bench.circuit.run(100);
        check(bench.circuit.read(Dma::input, causes) == at.input_causes, std::string(at.name) + ": cause at the input");
        check(bench.circuit.read(Dma::output, causes) == at.output_causes, std::string(at.name) + ": cause at the output");
        bench.circuit.behaviour = {};
        bench.begin(Dma::input, base, 1);
        check(bench.circuit.read(Dma::input, control) & fault, std::string(at.name) + ": a start does not clear it");
        bench.restart();
        check((bench.batch(base, base + 0x8000, 2) & (done | fault)) == done, std::string(at.name) + ": a reset does");
        check(bench.is_right(base, base + 0x8000, 2), std::string(at.name) + ": scores after the reset");
    }
}

// Where the bursts are as the fault comes is a matter of chance; the rules look at each clock.
void after_a_fault_no_burst_begins_however_the_memory_stalls() {
    int faults = 0;
    for (int stall : {0, 30, 60, 90})
        for (unsigned seed = 1; seed <= 12; seed++, faults++) {
            Bench bench(seed);
            bench.circuit.behaviour.stall_percent = stall;
            bench.circuit.behaviour.latency_cycles = int(seed * 3);
            bench.circuit.behaviour.error_address = base + bench.random() % (2 * image_bytes) / 8 * 8;
            uint32_t value = bench.batch(base, base + 0x8000, 3);
            check((value & (fault | done)) == fault, "a fault with " + std::to_string(stall) + " % of stalls, and never done");
            bench.circuit.run(3000);  // all that was begun has ended
            uint64_t reads = bench.circuit.read_bursts, writes = bench.circuit.write_bursts;
            bench.circuit.run(3000);
            check(bench.circuit.read_bursts == reads && bench.circuit.write_bursts == writes, "after a fault no burst begins");
        }
    std::printf("%d faults with random stalls\n", faults);
}

void a_memory_that_stands_still_is_no_answer() {
    Bench bench;
    bench.begin(Dma::output, base + 0x8000, 2);
    bench.begin(Dma::input, base, 2);
    bench.circuit.run(700);
    bench.circuit.behaviour.stuck = true;
    check(bench.wait(50'000) == start, "the DMA runs on");
    bench.circuit.behaviour.stuck = false;
    check((bench.wait(50'000) & (done | fault)) == done, "and ends when the memory moves again");
    check(bench.is_right(base, base + 0x8000, 2), "with the right scores");
}

void a_reset_at_any_time_leaves_nothing_behind() {
    int resets = 0;
    Bench bench;
    // At each clock while the first image ends and its scores go out, and now and then.
    for (uint64_t after = 1; after < 5000; after += after >= 950 && after < 1100 ? 1 : 97, resets++) {
        bench.circuit.behaviour.stall_percent = after >= 950 && after < 1100 ? 0 : resets % 3 * 30;
        bench.begin(Dma::output, base + 0x8000, 3);
        bench.begin(Dma::input, base, 3);
        bench.circuit.run(after);
        bench.restart();
        check(bench.circuit.read(Dma::output, control) == idle, "idle after a reset in the middle");
        check((bench.batch(base + 0x1'0000, base + 0x9'0000, 1) & (done | fault)) == done, "a batch after the reset");
        check(bench.is_right(base + 0x1'0000, base + 0x9'0000, 1), "its scores after " + std::to_string(after) + " cycles");
    }
    std::printf("%d resets in the middle of a batch\n", resets);
}

void a_clock_that_stands_still_gives_no_answer() {
    Bench bench;
    bench.circuit.behaviour.clock_stopped = true;
    bool answered = true;
    try {
        bench.circuit.read(Dma::output, control);
    } catch (const std::runtime_error &) {
        answered = false;
    }
    check(!answered, "a register without a clock does not answer");
}

void the_gates_lines_are_in_the_shell() {
    Bench bench;
    auto &top = bench.circuit.top;
    auto toggle = [&] {
        top.gpio_o ^= 1 << 5;
        bench.circuit.run(10);
    };
    top.gpio_t = 0x7c0;
    top.gpio_o = 0;
    toggle();
    toggle();
    top.gpio_o |= 1;
    bench.circuit.run(10);
    check(top.gate_permission == 1 && (top.gpio_i & 1), "the permission passes the dead-man timer");
    top.gpio_o |= 2;
    bench.circuit.run(2);
    check(top.gate_lamps == 1 && top.gate_leds == 1, "a lamp is lit");
    bench.circuit.run(500);
    check(top.gate_permission == 0, "without a heartbeat the permission ends");
    toggle();
    check(top.gate_permission == 0, "and a heartbeat alone does not bring it back");
    top.gpio_o &= ~1;
    bench.circuit.run(500);
    check(top.gate_permission == 0, "nor does it come back while it is cleared");
    toggle();
    top.gpio_o |= 1;
    bench.circuit.run(10);
    check(top.gate_permission == 1, "cleared, and given again with a heartbeat, it is back");
    top.gpio_o &= ~1;
    bench.circuit.run(1);
    check(top.gate_permission == 0, "and is taken at once");
    bench.circuit.run(10);
    top.gpio_o |= 1;
    int given = 0;  // MAX_ON_TIMEOUTS times TIMEOUT_CYCLES: 50,000 clocks
    for (; given < 6000 && (given < 5 || top.gate_permission); given++) toggle();
    check(given > 4950 && given < 5050, "a permission that is given for ever ends at the maximum");
    top.gpio_o &= ~1;
    bench.circuit.run(10);
    top.gpio_o |= 1;
    bench.circuit.run(10);
    check(top.gate_permission == 1, "and can be given again");
    bench.circuit.reset();
    check(top.gate_permission == 0, "a reset ends it");
    top.gpio_o &= ~1;
    top.gate_fire = 1;
    bench.circuit.run(4);
    check(top.gpio_i >> 8 & 1, "an input is read");
    bench.circuit.reset();
    check(top.gate_permission == 0, "a reset disarms");
}

}  // namespace

int main() {
    registers_are_those_of_finn();
    batches_are_right_however_the_memory_stalls();
    each_number_of_images_fills_its_bytes_and_no_other();
    scores_that_no_transfer_wants_wait_for_the_next_one();
    a_pixel_passes_in_every_cycle();
    done_is_read_once_also_in_the_clock_in_which_a_batch_ends();
    no_images_are_done_at_once();
    without_a_window_nothing_is_moved();
    outside_of_the_window_nothing_is_moved();
    the_last_beat_must_be_in_the_window_as_a_whole();
    an_error_of_the_memory_is_a_fault_until_a_reset();
    after_a_fault_no_burst_begins_however_the_memory_stalls();
    a_memory_that_stands_still_is_no_answer();
    a_reset_at_any_time_leaves_nothing_behind();
    a_clock_that_stands_still_gives_no_answer();
    the_gates_lines_are_in_the_shell();
    std::printf(failures ? "%d checks failed\n" : "all checks hold\n", failures);
    return failures != 0;
}
