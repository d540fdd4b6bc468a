`default_nettype none

// The AXI4-Lite registers of one DMA, with the addresses of FINN's IODMA and the meaning of Vitis HLS (UG1399).
//
// 0x00 control   bit 0: start, reads 1 while the DMA runs; bit 1: done, cleared by the read; bit 2: idle; bit 3: ready,
//                as done; bit 16: fault, which HLS does not have, so FINN's drivers take it for a broken answer
// 0x10, 0x14     address, low and high word
// 0x1c           number of images
// 0x40           identity, reads IDENTITY: this DMA has the registers below
// 0x44           causes of the fault (fault_causes)
// 0x48, 0x4c     address window: its first address, low and high word
// 0x50, 0x54     address window: the address after its last one, low and high word
// 0x58           bit 0: lock. Once set, the window cannot be changed until a reset
//
// After a reset the window is empty, so the first burst is a fault. The program that loads the overlay opens and locks
// the window; from then on no program can have the DMA reach any other memory. The window does not change while the DMA
// runs. With a fault a start is ignored. Registers that do not exist read 0.
module control_registers #(
    parameter logic [31:0] IDENTITY = 32'h4243_4f50  // "BCOP"
) (
    input  wire                           clk,
    input  wire                           rst_n,
    input  wire  [11:0]                   awaddr,
    input  wire                           awvalid,
    output wire                           awready,
    input  wire  [31:0]                   wdata,
    input  wire  [3:0]                    wstrb,
    input  wire                           wvalid,
    output wire                           wready,
    output wire  [1:0]                    bresp,
    output logic                          bvalid,
    input  wire                           bready,
    input  wire  [11:0]                   araddr,
    input  wire                           arvalid,
    output wire                           arready,
    output logic [31:0]                   rdata,
    output wire  [1:0]                    rresp,
    output logic                          rvalid,
    input  wire                           rready,
    // the DMA
    output logic                          start,
    output logic [63:0]                   address,
    output logic [31:0]                   images,
    output logic [63:0]                   window_first,
    output logic [63:0]                   window_end,
    input  wire                           finished,
    input  wire  [fault_causes::BITS-1:0] fault
);
    localparam logic [9:0] CONTROL = 10'h00, ADDRESS_LOW = 10'h04, ADDRESS_HIGH = 10'h05, IMAGES = 10'h07;
    localparam logic [9:0] ID = 10'h10, CAUSES = 10'h11, FIRST_LOW = 10'h12, FIRST_HIGH = 10'h13;
    localparam logic [9:0] END_LOW = 10'h14, END_HIGH = 10'h15, LOCK = 10'h16;  // all of them by words

    logic running, done, locked;
    wire faulty = fault != 0;

    function automatic logic [31:0] merged(input logic [31:0] earlier, input logic [31:0] data, input logic [3:0] strobes);
        for (int i = 0; i < 4; i++) merged[8*i+:8] = strobes[i] ? data[8*i+:8] : earlier[8*i+:8];
    endfunction

    // Address and data of a write are taken together, and a response leaves before the next one comes. No output depends
    // on an input of the same cycle (AMBA AXI, A3.1.1); what is valid stays valid until it is taken (A3.2.1).
    logic accepts;
    wire writes = accepts && awvalid && wvalid;
    wire reads = arvalid && arready;
    assign awready = accepts;
    assign wready  = accepts;
    assign arready = !rvalid;
    assign bresp   = 2'b00;
    assign rresp   = 2'b00;

    wire starts = writes && awaddr[11:2] == CONTROL && wstrb[0] && wdata[0] && !faulty && !running;
    wire may_change_window = !locked && !running;

    always_ff @(posedge clk)
        if (!rst_n) begin
            accepts <= 0;
            bvalid <= 0;
            rvalid <= 0;
            start <= 0;
            running <= 0;
            done <= 0;
            locked <= 0;
            address <= 0;
            images <= 0;
            window_first <= 0;
            window_end <= 0;
        end else begin
            accepts <= awvalid && wvalid && !accepts && !bvalid;
            bvalid <= writes || (bvalid && !bready);
            rvalid <= reads || (rvalid && !rready);
            start  <= starts;

            if (starts) running <= 1;
            else if (finished) running <= 0;
            if (finished) done <= 1;
            else if (starts || (reads && araddr[11:2] == CONTROL)) done <= 0;

            if (writes)
                case (awaddr[11:2])
                    ADDRESS_LOW: address[31:0] <= merged(address[31:0], wdata, wstrb);
                    ADDRESS_HIGH: address[63:32] <= merged(address[63:32], wdata, wstrb);
                    IMAGES: images <= merged(images, wdata, wstrb);
                    FIRST_LOW: if (may_change_window) window_first[31:0] <= merged(window_first[31:0], wdata, wstrb);
                    FIRST_HIGH: if (may_change_window) window_first[63:32] <= merged(window_first[63:32], wdata, wstrb);
                    END_LOW: if (may_change_window) window_end[31:0] <= merged(window_end[31:0], wdata, wstrb);
                    END_HIGH: if (may_change_window) window_end[63:32] <= merged(window_end[63:32], wdata, wstrb);
                    LOCK: if (wstrb[0] && wdata[0]) locked <= 1;
                    default: ;
                endcase

            if (reads)
                case (araddr[11:2])
                    CONTROL: rdata <= {15'd0, faulty, 12'd0, done, !running, done, running};
                    ADDRESS_LOW: rdata <= address[31:0];
                    ADDRESS_HIGH: rdata <= address[63:32];
                    IMAGES: rdata <= images;
                    ID: rdata <= IDENTITY;
                    CAUSES: rdata <= 32'(fault);
                    FIRST_LOW: rdata <= window_first[31:0];
                    FIRST_HIGH: rdata <= window_first[63:32];
                    END_LOW: rdata <= window_end[31:0];
                    END_HIGH: rdata <= window_end[63:32];
                    LOCK: rdata <= 32'(locked);
                    default: rdata <= 0;
                endcase
        end

    wire unused = &{1'b0, awaddr[1:0], araddr[1:0]};

`ifdef FORMAL
    // A proof begins with a reset.
    logic begun = 0, checked = 0, was_locked, was_running;
    logic [127:0] window_before;
    logic written = 0, read = 0;  // a response was offered and not taken
    logic [31:0] last_rdata;
    always @* if (!begun) assume (!rst_n);
    always @(posedge clk) begin
        begun <= 1;
        checked <= rst_n;
        was_locked <= locked;
        was_running <= running;
        written <= rst_n && bvalid && !bready;
        read <= rst_n && rvalid && !rready;
        last_rdata <= rdata;
        window_before <= {window_end, window_first};
        if (rst_n && start) assert (running);
        if (rst_n && written) assert (bvalid);
        if (rst_n && read) assert (rvalid && rdata == last_rdata);
        if (checked && was_locked) assert (locked);
        if (checked && (was_locked || was_running)) assert ({window_end, window_first} == window_before);
    end
`endif
endmodule

`default_nettype wire
