"""What keeps answers true and calls grounded: where ids come from, what an answer claims, and what nothing vouches for."""
