// The causes of a DMA's fault: one bit each in its register at 0x44. A fault stays until a reset.
package fault_causes;
    localparam int BITS = 5;
    localparam int ADDRESS = 0;     // a burst outside of the address window, or not at a multiple of a beat
    localparam int SLAVE = 1;       // the memory answered SLVERR
    localparam int DECODE = 2;      // the memory answered DECERR: nothing is at that address
    localparam int PEER = 3;        // the other DMA has a fault, so this transfer cannot end
    localparam int UNEXPECTED = 4;  // data came that was not asked for
endpackage
