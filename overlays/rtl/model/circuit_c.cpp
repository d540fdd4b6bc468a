// The circuit behind a C interface, for the daemon's backend simulated-rtl (daemon/binarycop/accelerator/simulated).
//
// No function is called by two threads at a time. DMA 0 is the input's, DMA 1 the output's.
#include "circuit.h"

#ifndef CIRCUIT_WEIGHTS
#error "CIRCUIT_WEIGHTS must be the sha256 of the bundle's weights.npz, without quotes"
#endif
#define TEXT(x) TEXT_OF(x)
#define TEXT_OF(x) #x

namespace {
constexpr int version = 1;
enum Fault { none = 0, stuck = 1, clock_stopped = 2, wrong_address = 3 };
constexpr uint64_t other_page = 1 << 15;

Dma dma_of(int dma) { return dma == 0 ? Dma::input : Dma::output; }
}  // namespace

extern "C" {

// The version of this interface.
int circuit_version() { return version; }

// The sha256 of the weights that are in the circuit, in hexadecimal digits.
const char *circuit_weights() { return TEXT(CIRCUIT_WEIGHTS); }

// memory: `size` bytes, which the circuit finds at address `base`; they must live as long as the circuit.
Circuit *circuit_open(const uint8_t *memory, uint64_t base, uint64_t size) { return new Circuit(memory, base, size); }

void circuit_close(Circuit *circuit) { delete circuit; }

// Resets the logic: registers, both DMAs and the core.
void circuit_reset(Circuit *circuit) {
    circuit->behaviour = {};
    circuit->reset();
}

void circuit_run(Circuit *circuit, uint64_t cycles) { circuit->run(cycles); }

uint64_t circuit_cycles(const Circuit *circuit) { return circuit->cycles; }

// Cycles since anything moved between circuit and memory, a register was written, or a fault began or ended.
uint64_t circuit_quiet(const Circuit *circuit) { return circuit->quiet; }

// Returns 0, or -1 if the register does not answer.
int circuit_write(Circuit *circuit, int dma, uint32_t offset, uint32_t value) try {
    circuit->write(dma_of(dma), offset, value);
    return 0;
} catch (const std::runtime_error &) {
    return -1;
}

// Returns the value, or -1 if the register does not answer.
int64_t circuit_read(Circuit *circuit, int dma, uint32_t offset) try {
    return circuit->read(dma_of(dma), offset);
} catch (const std::runtime_error &) {
    return -1;
}

// Takes the oldest burst that the circuit wrote: its address, and its bytes, at most 128. Returns their number, 0 for none.
int circuit_take_write(Circuit *circuit, uint64_t *address, uint8_t *bytes) {
    if (circuit->written.empty()) return 0;
    const Burst &burst = circuit->written.front();
    int size = int(burst.bytes.size());
    *address = burst.address;
    std::memcpy(bytes, burst.bytes.data(), burst.bytes.size());
    circuit->written.pop_front();
    return size;
}

// What goes wrong from now on; 0: nothing. 1: the memory's port stands still, so the stream stalls. 2: the clock stands
// still. 3: reads are made at another address.
void circuit_set_fault(Circuit *circuit, int fault) {
    circuit->quiet = 0;
    circuit->behaviour.stuck = fault == stuck;
    circuit->behaviour.clock_stopped = fault == clock_stopped;
    circuit->behaviour.wrong_address = fault == wrong_address ? other_page : 0;
}
}
